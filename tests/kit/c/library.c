#include "library.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "server.h"

/* Who has a limit; together they are the columns of the document's table. */
enum {
    IN_4_1_6 = 1 << 0,        /* Debian 12's */
    IN_4_3_5 = 1 << 1,        /* Debian 13's */
    IN_MENDED_4_3_5 = 1 << 2, /* with those changes that there are for it */
    IN_MENDED_4_1_6 = 1 << 3, /* what runs by default */
};

/* Names the mended build in its version. */
#define MENDED "+lws-echo"

static const struct {
    unsigned in;
    const char *text; /* what such a library does */
} limits[LIBRARY_LIMITS] = {
    [LIMIT_INPUT_BEHIND_HANDSHAKE] = {IN_4_1_6 | IN_4_3_5,
                                      "alters frames that arrive in one read with the opening "
                                      "handshake, from byte 384 of that read on"},
    [LIMIT_PREFIX_OF_A_HEADER] = {IN_4_1_6 | IN_4_3_5,
                                  "a header whose name is the beginning of a known one, such as "
                                  "`X-Auth`, swallows the next line"},
    [LIMIT_METHOD_AS_A_HEADER] =
        {IN_4_1_6 | IN_4_3_5,
         "takes a header whose name begins with `Put`, `Patch` or `Delete` for a request line"},
    [LIMIT_REQUEST_SYNTAX] = {IN_4_1_6 | IN_4_3_5,
                              "passes over most errors in the head of a request, or ends the "
                              "connection without a response"},
    [LIMIT_BLANKS_AROUND_VALUES] = {IN_4_1_6 | IN_4_3_5,
                                    "takes blanks behind the value of a header for a part of it"},
    [LIMIT_UNKNOWN_UPGRADE] = {IN_4_1_6 | IN_4_3_5,
                               "refuses an upgrade to an unknown protocol with 403, and 4.1.6 then "
                               "asks the protocol with freed memory (CVE-2025-11677)"},
    [LIMIT_COMPLAINT_AFTER_UNKNOWN_UPGRADE] = {IN_4_3_5,
                                               "goes on after that 403, and logs \"Missing URI\""},
    [LIMIT_UNMASKED_FRAMES] = {IN_4_1_6 | IN_4_3_5, "takes frames that are not masked"},
    [LIMIT_LONGER_LENGTHS] = {IN_4_1_6 | IN_4_3_5, "takes lengths in a longer form than they need"},
    [LIMIT_RSV1_ON_PING] = {IN_4_1_6 | IN_4_3_5,
                            "ignores RSV1 on Pings and empty Pongs where compression is in use"},
    [LIMIT_CODES_1012_TO_1014] = {IN_4_1_6 | IN_4_3_5,
                                  "answers the close codes 1012, 1013 and 1014 with 1002"},
    [LIMIT_LOST_PINGS] =
        {IN_4_1_6 | IN_4_3_5,
         "answers only the first of several Pings that come at once, and none if a "
         "Close or an error follows at once"},
    [LIMIT_AFTER_OUR_CLOSE] = {IN_4_1_6 | IN_4_3_5,
                               "answers a Ping that comes after our Close, and sends another Close "
                               "if the peer then makes an error"},
    [LIMIT_SECOND_BODY_HANGS] = {IN_4_1_6 | IN_4_3_5,
                                 "two requests with bodies in one segment stop the service thread "
                                 "for ever"},
    [LIMIT_UNCLEAR_LENGTH] = {IN_4_1_6 | IN_4_3_5,
                              "a Content-Length that is no number or comes twice is taken for some "
                              "number, and Transfer-Encoding is ignored"},
    [LIMIT_NO_LENGTH_IS_100_MB] = {IN_4_1_6 | IN_4_3_5,
                                   "a POST without Content-Length waits for 100 MB and takes the "
                                   "next requests for its body"},
    [LIMIT_BODY_TOO_LONG] = {IN_4_3_5, "what follows a body in a segment is passed on as a part of "
                                       "it"},
    [LIMIT_ANSWERED_TWICE] =
        {IN_4_1_6 | IN_4_3_5,
         "an endpoint that answers before it has the whole body, with more than "
         "the socket takes at once, is called for the body too"},
    [LIMIT_PARKED_PEER_ENDS] = {IN_4_1_6, "a peer that ends before its request is answered costs "
                                          "CPU time until then, except on callback mounts"},
    [LIMIT_INPUT_WHILE_RESPONSE_IS_OWED] =
        {IN_4_1_6 | IN_4_3_5, "input that comes before a request is answered costs CPU time until "
                              "then, repeats that request or ends the connection"},
    [LIMIT_RESPONSE_OVERWRITES_INPUT] =
        {IN_4_1_6 | IN_4_3_5, "a request in one read with one for a file is overwritten by the "
                              "response, and refused"},
    [LIMIT_UPGRADE_LISTS] = {IN_4_1_6 | IN_4_3_5,
                             "knows `websocket` in Upgrade only if nothing else is there"},
    [LIMIT_TOKEN_LISTS] =
        {IN_4_1_6 | IN_4_3_5,
         "reads 126 bytes of Connection and of Sec-WebSocket-Protocol, no empty elements, and no "
         "first subprotocol that is longer than 62 bytes or a number"},
    [LIMIT_ASTERISK_IN_CONNECTION] =
        {IN_4_3_5, "drops a handshake whose Connection has an asterisk, without a response"},
    [LIMIT_LONG_EXTENSIONS] =
        {IN_4_1_6 | IN_4_3_5,
         "reads 254 bytes of Sec-WebSocket-Extensions, and takes a tab there for a comma"},
    [LIMIT_HEAD_SIZE] =
        {IN_4_1_6 | IN_4_3_5,
         "ends the connection where a head is larger than `max-header`, and counts 8 "
         "bytes more for each header that it does not know"},
};

/* Reads what "--version" prints. */
static void read_version(char *text, size_t size)
{
    struct server server;
    size_t used = 0;
    ssize_t got;

    server_spawn(&server, (const char *const[]){"--version", NULL});
    while (used < size - 1 && (got = read(server.out, text + used, size - 1 - used)) > 0)
        used += (size_t)got;
    text[used] = '\0';
    server_wait_exit(&server);
}

static unsigned which(void)
{
    static unsigned running;
    char text[1024];
    const char *library;
    bool mended;

    if (running)
        return running;
    read_version(text, sizeof(text));
    library = strstr(text, "(libwebsockets ");
    if (!library) {
        fprintf(stderr, "the server does not name its libwebsockets: %s\n", text);
        exit(EXIT_FAILURE);
    }
    mended = strstr(library, MENDED);
    if (!strncmp(library, "(libwebsockets 4.1.", 19))
        running = mended ? IN_MENDED_4_1_6 : IN_4_1_6;
    else
        running = mended ? IN_MENDED_4_3_5 : IN_4_3_5;

    return running;
}

bool library_has(enum library_limit limit)
{
    return limits[limit].in & which();
}

char *library_limit_line(enum library_limit limit)
{
    unsigned in = limits[limit].in;
    char *line = NULL;

    if (asprintf(&line, "| %s | %s | %s | %s | %s |\n", limits[limit].text,
                 in & IN_4_1_6 ? "yes" : "", in & IN_4_3_5 ? "yes" : "",
                 in & IN_MENDED_4_3_5 ? "yes" : "", in & IN_MENDED_4_1_6 ? "yes" : "") < 0)
        abort();

    return line;
}
