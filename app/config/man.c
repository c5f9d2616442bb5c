/*
 * Prints the manual pages, in mdoc(7), at build time:
 *
 *     lws-echo-man lws-echo.1 | lws-echo.json.5
 *
 * The settings come from the same tables as --help.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/arguments.h"

#define EXIT_WRONG_ARGUMENTS 2

/* Escapes what is special in roff. */
static void print_text(const char *text)
{
    for (const char *p = text; *p; p++)
        switch (*p) {
        case '\\':
            fputs("\\e", stdout);
            break;
        case '-':
            fputs("\\-", stdout);
            break;
        case '"':
            fputs("\\(dq", stdout);
            break;
        case '.':
        case '\'':
            if (p == text)
                fputs("\\&", stdout);
            putchar(*p);
            break;
        default:
            putchar(*p);
        }
}

static void print_line(const char *text)
{
    print_text(text);
    putchar('\n');
}

static void print_head(const char *name, const char *section, const char *description)
{
    printf(".Dd $Mdocdate$\n.Dt %s %s\n.Os\n.Sh NAME\n.Nm ", name, section);
    puts(*section == '1' ? "lws\\-echo" : "lws\\-echo.json");
    printf(".Nd %s\n", description);
}

static void print_flags(void)
{
    struct arguments_flag flag;

    puts(".Bl -tag -width Ds");
    for (size_t i = 0; arguments_flag(i, &flag); i++) {
        fputs(".It ", stdout);
        if (flag.short_name && flag.value)
            printf("Fl %c Ar %s , ", flag.short_name, flag.value);
        else if (flag.short_name)
            printf("Fl %c , ", flag.short_name);
        fputs("Fl \\-", stdout);
        print_text(flag.name);
        if (flag.value)
            printf(" Ar %s", flag.value);
        putchar('\n');
        print_line(flag.help);
    }
    puts(".El");
}

static void print_settings(struct setting_table table)
{
    char takes[160];

    puts(".Bl -tag -width Ds");
    for (size_t i = 0; i < table.count; i++) {
        const struct setting *row = &table.rows[i];

        fputs(".It Li ", stdout);
        print_line(row->key);
        print_line(row->help);
        setting_describe(row, takes, sizeof(takes));
        puts(".br");
        putchar('(');
        print_text(takes);
        puts(")");
    }
    puts(".El");
}

static const char program_before_options[] =
    ".Sh SYNOPSIS\n"
    ".Nm lws\\-echo\n"
    ".Op Fl c Ar FILE\n"
    ".Op Ar OPTION ...\n"
    ".Sh DESCRIPTION\n"
    ".Nm\n"
    "accepts WebSocket connections (RFC 6455) at the path\n"
    ".Pa /ws\n"
    "and sends every message back unchanged: same type, same bytes, same order.\n"
    "At\n"
    ".Pa /\n"
    "it serves a page to try it with.\n"
    "Without a configuration it listens on port 5000 on all interfaces.\n"
    ".Pp\n"
    "The options are:";

static const char program_after_options[] =
    ".Sh HEALTH AND METRICS\n"
    ".Bl -tag -width Ds\n"
    ".It Pa /healthz\n"
    "answers 200 while the server runs,\n"
    "and 503 once it has been told to stop.\n"
    ".It Pa /metrics\n"
    "returns metrics in the text format of Prometheus, summed over all workers.\n"
    ".El\n"
    ".Pp\n"
    "The key\n"
    ".Li admin\n"
    "moves both to a listener of their own.\n"
    ".Sh SIGNALS\n"
    ".Bl -tag -width Ds\n"
    ".It Dv SIGTERM , SIGINT\n"
    "After\n"
    ".Li drain\\-delay\n"
    "the server stops accepting connections, closes the open ones with 1001,\n"
    "and exits within 5 seconds.\n"
    "A second signal cuts the delay short; after the delay it ends the program at once.\n"
    ".It Dv SIGHUP\n"
    "Reload the configuration and the certificate.\n"
    "Changes apply to new connections; open ones are not touched.\n"
    "If anything is wrong, nothing changes, and the log says why.\n"
    "If the terminal that the program was started in is gone, it stops instead.\n"
    ".El\n"
    ".Sh SERVICE MANAGERS\n"
    "A listening socket that is passed in\n"
    ".Pq Ev LISTEN_FDS\n"
    "replaces the configured one; a second one, named\n"
    ".Li admin ,\n"
    "serves health and metrics.\n"
    "Readiness, reloads, stopping and watchdog signals are reported to\n"
    ".Ev NOTIFY_SOCKET .\n"
    ".Sh FILES\n"
    ".Bl -tag -width Ds\n"
    ".It Pa /etc/lws\\-echo/lws\\-echo.json\n"
    "The configuration of the system service.\n"
    ".El\n"
    ".Sh EXIT STATUS\n"
    "0 after a clean stop, 1 if the server cannot start or gives up,\n"
    "2 for an invalid command line.\n"
    ".Sh EXAMPLES\n"
    "Serve on another port, with one process per processor:\n"
    ".Pp\n"
    ".Dl lws\\-echo \\-\\-port 8080 \\-\\-workers auto\n"
    ".Pp\n"
    "Check a configuration:\n"
    ".Pp\n"
    ".Dl lws\\-echo \\-c lws\\-echo.json \\-\\-check\n"
    ".Sh SEE ALSO\n"
    ".Xr lws\\-echo.json 5";

static void print_program(void)
{
    print_head("LWS-ECHO", "1", "WebSocket echo server");
    puts(program_before_options);
    print_flags();
    puts(program_after_options);
}

static void print_config(void)
{
    print_head("LWS-ECHO.JSON", "5", "configuration of the WebSocket echo server");
    puts(".Sh DESCRIPTION\n"
         "The file is a JSON object.\n"
         "Every key has a default, so an empty object is a valid configuration.\n"
         "Relative paths are relative to the directory of the file.\n"
         "An invalid key or value prevents the start; one line says where it is\n"
         "and what is expected.\n"
         "A time is a number of seconds, or a string like \\(dq250ms\\(dq or \\(dq2s\\(dq.\n"
         "A size is a number of bytes, or a string like \\(dq64k\\(dq or \\(dq16m\\(dq.\n"
         ".Sh KEYS");
    print_settings(config_table());
    puts(".Pp\n"
         "In the object\n"
         ".Li tls :");
    print_settings(config_tls_table());
    puts(".Sh OPTIONS OF THE PLUGIN\n"
         "These belong in the object\n"
         ".Li echo .\n"
         "Lists are arrays of strings.");
    print_settings(options_table());
    puts(".Sh EXAMPLES\n"
         ".Bd -literal -offset indent\n"
         "{\n"
         "  \"port\": 443,\n"
         "  \"user\": \"nobody\",\n"
         "  \"workers\": \"auto\",\n"
         "  \"tls\": { \"cert\": \"cert.pem\", \"key\": \"key.pem\" },\n"
         "  \"admin\": \"127.0.0.1:9090\",\n"
         "  \"echo\": {\n"
         "    \"ping-interval\": 30,\n"
         "    \"pong-timeout\": 30,\n"
         "    \"allowed-origins\": [\"https://example.org\"]\n"
         "  }\n"
         "}\n"
         ".Ed\n"
         ".Sh SEE ALSO\n"
         ".Xr lws\\-echo 1");
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*print)(void);
    } pages[] = {
        {"lws-echo.1", print_program},
        {"lws-echo.json.5", print_config},
    };

    for (size_t i = 0; argc == 2 && i < sizeof(pages) / sizeof(pages[0]); i++)
        if (!strcmp(argv[1], pages[i].name)) {
            pages[i].print();
            return fflush(stdout) ? EXIT_FAILURE : EXIT_SUCCESS;
        }
    fprintf(stderr, "usage: lws-echo-man lws-echo.1|lws-echo.json.5\n");

    return EXIT_WRONG_ARGUMENTS;
}
