#define _GNU_SOURCE /* memmem() */

#include "handshake.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>

#include <openssl/evp.h>
#include <zlib.h>

#define KEY_BYTES 16
#define VALUE_MAX 512

/* RFC 6455 section 1.3. */
#define ACCEPT_GUID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

static int make_accept(const char *key, char accept[32])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned digest_bytes;
    char text[128];

    snprintf(text, sizeof(text), "%s%s", key, ACCEPT_GUID);
    if (!EVP_Digest(text, strlen(text), digest, &digest_bytes, EVP_sha1(), NULL))
        return -1;
    EVP_EncodeBlock((unsigned char *)accept, digest, (int)digest_bytes);

    return 0;
}

int handshake_init(struct handshake *handshake, const struct arguments *arguments)
{
    unsigned char nonce[KEY_BYTES];
    char key[32];
    int bytes;

    memset(handshake, 0, sizeof(*handshake));
    handshake->subprotocol = arguments->subprotocol;
    handshake->compress = arguments->compress;
    /* one key serves all connections of a run: there is no cache between them and the server */
    if (getrandom(nonce, sizeof(nonce), 0) != sizeof(nonce))
        return -1;
    EVP_EncodeBlock((unsigned char *)key, nonce, sizeof(nonce));
    if (make_accept(key, handshake->accept))
        return -1;

    bytes = snprintf(handshake->request, sizeof(handshake->request),
                     "GET %s HTTP/1.1\r\n"
                     "Host: %s\r\n"
                     "Upgrade: websocket\r\n"
                     "Connection: Upgrade\r\n"
                     "Sec-WebSocket-Version: 13\r\n"
                     "Sec-WebSocket-Key: %s\r\n"
                     "%s%s%s"
                     "%s"
                     "\r\n",
                     arguments->path, arguments->target, key,
                     arguments->subprotocol ? "Sec-WebSocket-Protocol: " : "",
                     arguments->subprotocol ? arguments->subprotocol : "",
                     arguments->subprotocol ? "\r\n" : "",
                     arguments->compress ? "Sec-WebSocket-Extensions: permessage-deflate; "
                                           "client_no_context_takeover\r\n"
                                         : "");
    if (bytes < 0 || (size_t)bytes >= sizeof(handshake->request))
        return -1;
    handshake->request_bytes = (size_t)bytes;

    return 0;
}

/* Copies the value of the header @name, or "" when it is not there, to @value. */
static void find_header(const char *head, size_t bytes, const char *name, char value[VALUE_MAX])
{
    const char *end = head + bytes;
    const char *line = memmem(head, bytes, "\r\n", 2);

    value[0] = '\0';
    for (; line; line = memmem(line, (size_t)(end - line), "\r\n", 2)) {
        const char *stop;

        line += 2;
        stop = memmem(line, (size_t)(end - line), "\r\n", 2);
        if (!stop || (size_t)(stop - line) <= strlen(name) ||
            strncasecmp(line, name, strlen(name)) != 0 || line[strlen(name)] != ':')
            continue;
        line += strlen(name) + 1;
        while (line < stop && (*line == ' ' || *line == '\t'))
            line++;
        snprintf(value, VALUE_MAX, "%.*s", (int)(stop - line), line);
        return;
    }
}

__attribute__((format(printf, 2, 3))) static int fault(struct handshake_answer *answer,
                                                       const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(answer->fault, sizeof(answer->fault), format, arguments);
    va_end(arguments);

    return -1;
}

/* Takes one parameter of permessage-deflate (RFC 7692 section 7.1). */
static int take_parameter(struct handshake_answer *answer, const char *parameter)
{
    static const char bits[] = "server_max_window_bits=";

    if (!strcmp(parameter, "server_no_context_takeover")) {
        answer->keeps_context = false;
        return 0;
    }
    if (!strcmp(parameter, "client_no_context_takeover"))
        return 0;
    if (!strncmp(parameter, bits, sizeof(bits) - 1)) {
        const char *value = parameter + sizeof(bits) - 1;

        answer->window_bits = (int)strtol(value + (*value == '"'), NULL, 10);
        if (answer->window_bits >= 8 && answer->window_bits <= MAX_WBITS)
            return 0;
    }

    return fault(answer, "the server's parameter \"%s\" of permessage-deflate was not offered",
                 parameter);
}

static int check_extensions(const struct handshake *handshake, char *extensions,
                            struct handshake_answer *answer)
{
    char *rest = NULL;
    char *part = strtok_r(extensions, " \t;", &rest);

    if (!handshake->compress)
        return part ? fault(answer, "the server uses the extension \"%s\", which was not offered",
                            part)
                    : 0;
    if (!part || strcmp(part, "permessage-deflate") != 0)
        return fault(answer, "the server did not agree to permessage-deflate");
    while ((part = strtok_r(NULL, " \t;", &rest)))
        if (take_parameter(answer, part))
            return -1;

    return 0;
}

int handshake_check(const struct handshake *handshake, const char *head, size_t bytes,
                    struct handshake_answer *answer)
{
    static const char wanted[] = "HTTP/1.1 101";
    const char *line_end = memmem(head, bytes, "\r\n", 2);
    char value[VALUE_MAX];

    memset(answer, 0, sizeof(*answer));
    answer->keeps_context = true;
    answer->window_bits = MAX_WBITS;
    if (bytes < sizeof(wanted) || memcmp(head, wanted, sizeof(wanted) - 1) != 0)
        return fault(answer, "expected \"%s\" and got \"%.*s\"", wanted,
                     line_end ? (int)(line_end - head) : 0, head);

    find_header(head, bytes, "Upgrade", value);
    if (strcasecmp(value, "websocket") != 0)
        return fault(answer, "expected \"Upgrade: websocket\" and got \"%s\"", value);
    find_header(head, bytes, "Connection", value);
    if (!strcasestr(value, "upgrade"))
        return fault(answer, "expected \"Connection: Upgrade\" and got \"%s\"", value);
    find_header(head, bytes, "Sec-WebSocket-Accept", value);
    if (strcmp(value, handshake->accept) != 0)
        return fault(answer, "expected the Sec-WebSocket-Accept \"%s\" and got \"%s\"",
                     handshake->accept, value);
    find_header(head, bytes, "Sec-WebSocket-Protocol", value);
    if (strcmp(value, handshake->subprotocol ? handshake->subprotocol : "") != 0)
        return fault(answer, "expected the subprotocol \"%s\" and got \"%s\"",
                     handshake->subprotocol ? handshake->subprotocol : "", value);
    find_header(head, bytes, "Sec-WebSocket-Extensions", value);

    return check_extensions(handshake, value, answer);
}
