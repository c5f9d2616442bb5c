#include "oracle.h"

#include <string.h>

#include "fuzz.h"
#include "reference.h"
#include "reference_inflate.h"

enum { CONTINUATION, TEXT, BINARY, CLOSE = 8, PING, PONG };

/* A frame's header, and what has come of its payload. */
struct header {
    bool fin;
    unsigned rsv;
    unsigned opcode;
    bool masked;
    bool minimal;
    uint8_t mask[4];
    uint64_t bytes;
    size_t header_bytes;
};

bool oracle_is_strict;

/* The state of reading one side. */
struct reading {
    bool client; /* of the two */
    struct oracle_side *side;
    const struct oracle_rules *rules;
    struct reference_window window;
    bool keeps_context;
    bool in_message;
    struct reference_utf8 utf8;
    uint64_t message_bytes;
};

static struct oracle_message *last(struct oracle_side *side)
{
    return &side->messages[side->message_count - 1];
}

static void fail(struct oracle_side *side, unsigned code)
{
    if (!side->fault)
        side->fault = code;
}

/* Reads a header, of which some bytes may be missing. Returns false then. */
static bool read_header(const uint8_t *data, size_t bytes, struct header *header)
{
    size_t at = 2;
    size_t extended;

    if (bytes < 2)
        return false;
    header->fin = data[0] & 0x80;
    header->rsv = data[0] & 0x70;
    header->opcode = data[0] & 0x0f;
    header->masked = data[1] & 0x80;
    header->bytes = data[1] & 0x7f;
    extended = header->bytes == 126 ? 2 : header->bytes == 127 ? 8 : 0;
    header->minimal = true;
    if (bytes < at + extended + (header->masked ? 4 : 0))
        return false;
    if (extended) {
        header->bytes = 0;
        for (size_t i = 0; i < extended; i++)
            header->bytes = header->bytes << 8 | data[at + i];
        header->minimal = header->bytes > (extended == 2 ? 125 : 65535);
        at += extended;
    }
    if (header->masked) {
        memcpy(header->mask, data + at, 4);
        at += 4;
    }
    header->header_bytes = at;

    return true;
}

/* Says whether the length, as far as it has come, is in a longer form than it needs. */
static bool is_too_long(const uint8_t *data, size_t bytes)
{
    static const uint8_t zeros[6];
    unsigned form = data[1] & 0x7f;

    if (form == 126)
        return bytes >= 4 && !data[2] && data[3] < 126;

    return form == 127 && bytes >= 10 && !memcmp(data + 2, zeros, sizeof(zeros));
}

/* Returns the fault in the first bytes of a frame, as far as they have come: 1002 or 0. */
static unsigned judge_start(const struct reading *reading, const uint8_t *data, size_t bytes)
{
    unsigned opcode = data[0] & 0x0f;
    bool fin = data[0] & 0x80;
    unsigned rsv = data[0] & 0x70;
    bool control = opcode & 8;
    unsigned allowed = reading->rules->compression ? 0x40 : 0;

    if (opcode > PONG || (opcode > BINARY && opcode < CLOSE) || (control && !fin) || rsv & ~allowed)
        return 1002;
    if (reading->in_message ? opcode == TEXT || opcode == BINARY : opcode == CONTINUATION)
        return 1002;

    if (bytes > 1 && control && (data[1] & 0x7f) > ORACLE_CONTROL_MAX)
        return 1002;
    if (reading->client && oracle_is_strict &&
        ((control && rsv) || (bytes > 1 && (!(data[1] & 0x80) || is_too_long(data, bytes)))))
        return 1002;

    /* the first bit of a length of eight bytes is 0 (section 5.2) */
    return bytes > 2 && (data[1] & 0x7f) == 127 && data[2] & 0x80 ? 1002 : 0;
}

static void begin_message(struct reading *reading, const struct header *header)
{
    struct oracle_message *message;

    if (reading->side->message_count == ORACLE_MESSAGES_MAX) {
        reading->side->unclear = true;
        return;
    }
    reading->side->message_count++;
    message = last(reading->side);
    memset(message, 0, sizeof(*message));
    message->binary = header->opcode == BINARY;
    message->compressed = header->rsv & 0x40;
    reading->in_message = true;
    reading->message_bytes = 0;
    reading->utf8 = (struct reference_utf8){.count = 0};
}

/* Inflates a compressed message in place. */
static void inflate_message(struct reading *reading)
{
    struct oracle_message *message = last(reading->side);
    uint8_t *out = malloc(ORACLE_INFLATED_MAX + 1);
    size_t window_bytes =
        reading->rules->window_bytes ? reading->rules->window_bytes : REFERENCE_WINDOW_BYTES;
    size_t bytes;

    FUZZ_CHECK(out);
    if (!reading->keeps_context)
        reading->window.known = 0;
    bytes = reference_inflate(&reading->window, window_bytes, message->payload, message->bytes, out,
                              ORACLE_INFLATED_MAX + 1);
    free(message->payload);
    message->payload = out;
    if (bytes == REFERENCE_INVALID || bytes > ORACLE_INFLATED_MAX) {
        message->bytes = 0;
        fail(reading->side, bytes == REFERENCE_INVALID ? 1007 : 1009);
        /* or the text is wrong earlier, or too long */
        reading->side->other_fault = bytes == REFERENCE_INVALID ? 1009 : 1007;
        return;
    }
    message->bytes = bytes;
    for (size_t i = 0; i < bytes && !message->binary; i++)
        reference_utf8_take(&reading->utf8, out[i]);
    if (!message->binary && !reference_utf8_is_whole(&reading->utf8))
        fail(reading->side, 1007);
    if (reading->rules->max_message && bytes > reading->rules->max_message) {
        reading->side->other_fault = reading->side->fault ? 1009 : 0;
        fail(reading->side, 1009);
    }
}

/* Takes what has come of a data frame's payload. */
static void take_payload(struct reading *reading, const struct header *header, const uint8_t *data,
                         size_t bytes)
{
    struct oracle_side *side = reading->side;
    struct oracle_message *message = last(side);
    uint64_t max = reading->rules->max_message;
    bool whole_frame = bytes == header->bytes;

    message->payload = realloc(message->payload, message->bytes + bytes + 1);
    FUZZ_CHECK(message->payload);
    for (size_t i = 0; i < bytes; i++)
        message->payload[message->bytes + i] = data[i] ^ (header->masked ? header->mask[i % 4] : 0);

    if (!message->compressed) {
        if (max && reading->message_bytes + header->bytes > max) {
            /* known from the header, but reported with the payload */
            side->fault_may_be = !bytes;
            fail(side, 1009);
            return;
        }
        for (size_t i = 0; i < bytes && !message->binary; i++)
            if (!reference_utf8_take(&reading->utf8, message->payload[message->bytes + i])) {
                message->bytes += i; /* what came before may have been echoed */
                fail(side, 1007);
                return;
            }
    }
    message->bytes += bytes;
    reading->message_bytes += header->bytes;
    if (!whole_frame || !header->fin)
        return;

    message->whole = true;
    reading->in_message = false;
    if (message->compressed)
        inflate_message(reading);
    else if (!message->binary && !reference_utf8_is_whole(&reading->utf8))
        fail(side, 1007);
    message->whole = !side->fault;
}

static void take_control(struct oracle_side *side, const struct header *header, const uint8_t *data,
                         bool server)
{
    struct oracle_control control = {.bytes = (size_t)header->bytes};

    for (size_t i = 0; i < control.bytes; i++)
        control.payload[i] = data[i] ^ (header->masked ? header->mask[i % 4] : 0);
    if (header->opcode == CLOSE) {
        side->closed = true;
        side->close = control;
    } else if (header->opcode == (server ? PONG : PING)) {
        if (side->ping_count == ORACLE_PINGS_MAX)
            side->unclear = true;
        else
            side->pings[side->ping_count++] = control;
    }
}

static void begin(struct reading *reading, bool client, struct oracle_side *side,
                  const struct oracle_rules *rules, bool keeps_context)
{
    memset(side, 0, sizeof(*side));
    memset(reading, 0, sizeof(*reading));
    reading->client = client;
    reading->side = side;
    reading->rules = rules;
    reading->keeps_context = keeps_context;
}

/* As fail(), if a compressed message that is incomplete may be wrong already. */
static void fail_behind(struct reading *reading, unsigned code)
{
    reading->side->half_inflated = reading->in_message && last(reading->side)->compressed;
    fail(reading->side, code);
}

/* A compressed message may be wrong before the Pings between its fragments. */
static void count_pings(const struct reading *reading)
{
    struct oracle_side *side = reading->side;

    if (!side->message_count || !last(side)->compressed || last(side)->whole)
        side->pings_sure = side->ping_count;
}

void oracle_read_client(struct oracle_side *side, const struct oracle_rules *rules,
                        const uint8_t *data, size_t bytes)
{
    struct reading reading;

    begin(&reading, true, side, rules, rules->client_keeps_context);
    while (bytes && !side->fault && !side->closed && !side->unclear) {
        struct header header;
        size_t come;

        if (judge_start(&reading, data, bytes)) {
            fail_behind(&reading, 1002);
            break;
        }
        if (!read_header(data, bytes, &header))
            break;
        if (!header.masked && !header.minimal && !header.bytes) {
            side->unclear = true; /* libwebsockets drops it, or counts down from nothing */
            break;
        }
        data += header.header_bytes;
        bytes -= header.header_bytes;
        come = header.bytes < bytes ? (size_t)header.bytes : bytes;
        if (header.opcode & 8) {
            if (come < header.bytes)
                break;
            /* RSV1 is for messages (RFC 7692 section 6); a plugin is not told of other control
             * frames
             */
            if (header.rsv && (header.opcode == CLOSE || (header.opcode == PONG && come)))
                fail_behind(&reading, 1002);
            else
                take_control(side, &header, data, false);
        } else if (header.opcode == CONTINUATION && header.rsv) {
            side->fault_may_be = come < header.bytes && !come; /* reported with the payload */
            fail_behind(&reading, 1002);
        } else {
            if (header.opcode != CONTINUATION)
                begin_message(&reading, &header);
            if (!side->unclear)
                take_payload(&reading, &header, data, come);
        }
        data += come;
        bytes -= come;
        count_pings(&reading);
    }
    if (reading.in_message && last(side)->compressed && !side->fault && !side->closed) {
        side->fault = 1007; /* what has come may be wrong, or too much, already */
        side->other_fault = 1009;
        side->fault_may_be = true;
    }
    if (side->closed && !side->fault) {
        side->fault = reference_close_answer(side->close.payload, side->close.bytes);
        /* libwebsockets puts 1002 in the place of a wrong code; then the reason is looked at */
        if (side->fault == 1002 && side->close.bytes > 2)
            side->other_fault = 1007;
        else if (!oracle_is_strict && side->fault >= 1012 && side->fault <= 1014)
            side->other_fault = 1002; /* the distribution's counts them among the wrong ones, too */
        side->half_inflated = reading.in_message && last(side)->compressed;
    }
}

void oracle_read_server(struct oracle_side *side, const struct oracle_rules *rules,
                        bool end_unclear, const uint8_t *data, size_t bytes)
{
    struct reading reading;

    begin(&reading, false, side, rules, rules->server_keeps_context);
    while (bytes && !side->unclear) {
        struct header header;

        if (side->closed) { /* nothing follows a Close (section 5.5.1) */
            FUZZ_CHECK(end_unclear && ((data[0] & 0x0f) == CLOSE || (data[0] & 0x0f) == PONG));
            break;
        }
        FUZZ_CHECK(!judge_start(&reading, data, bytes));
        if (!read_header(data, bytes, &header))
            break; /* the connection was lost in the middle */
        FUZZ_CHECK(!header.masked && header.minimal);
        FUZZ_CHECK(!header.rsv || header.opcode == TEXT || header.opcode == BINARY);
        data += header.header_bytes;
        bytes -= header.header_bytes;
        if (header.bytes > bytes)
            break;
        if (header.opcode & 8) {
            FUZZ_CHECK(header.opcode != PING); /* they are off */
            take_control(side, &header, data, true);
        } else {
            if (header.opcode != CONTINUATION)
                begin_message(&reading, &header);
            if (!side->unclear)
                take_payload(&reading, &header, data, (size_t)header.bytes);
        }
        data += header.bytes;
        bytes -= (size_t)header.bytes;
    }
}

void oracle_side_fini(struct oracle_side *side)
{
    for (size_t i = 0; i < side->message_count; i++)
        free(side->messages[i].payload);
}

static size_t whole_messages(const struct oracle_side *side)
{
    return side->message_count && !side->messages[side->message_count - 1].whole
               ? side->message_count - 1
               : side->message_count;
}

static void compare_messages(const struct oracle_side *client, const struct oracle_side *server)
{
    size_t whole = whole_messages(client);

    FUZZ_CHECK(whole_messages(server) == whole ||
               (client->fault && client->end_unclear && whole_messages(server) < whole));
    FUZZ_CHECK(server->message_count <= client->message_count);
    for (size_t i = 0; i < server->message_count; i++) {
        const struct oracle_message *sent = &client->messages[i];
        const struct oracle_message *got = &server->messages[i];

        FUZZ_CHECK(sent->binary == got->binary);
        if (sent->whole && got->whole)
            FUZZ_CHECK(sent->bytes == got->bytes &&
                       !memcmp(sent->payload, got->payload, got->bytes));
        else if (!sent->compressed)
            FUZZ_CHECK(got->bytes <= sent->bytes &&
                       !memcmp(sent->payload, got->payload, got->bytes));
    }
    /* all that has come of an incomplete message comes back */
    if (!client->fault && client->message_count > whole && !client->messages[whole].compressed)
        FUZZ_CHECK((server->message_count > whole ? server->messages[whole].bytes : 0) ==
                   client->messages[whole].bytes);
}

/*
 * The distribution's libwebsockets drops Pings while a Pong waits to be sent, the mended one the
 * oldest of many if the peer does not read (section 5.5.3 allows as much).
 */
static void compare_pongs(const struct oracle_side *client, const struct oracle_side *server)
{
    size_t at = 0;

    for (size_t i = 0; i < server->ping_count; i++) {
        const struct oracle_control *pong = &server->pings[i];

        while (at < client->ping_count &&
               (client->pings[at].bytes != pong->bytes ||
                memcmp(client->pings[at].payload, pong->payload, pong->bytes) != 0))
            at++;
        FUZZ_CHECK(at++ < client->ping_count);
    }
    if (!client->fault)
        FUZZ_CHECK(!client->ping_count || server->ping_count);
    if (oracle_is_strict && !(client->reads_late && client->ping_count > ORACLE_PONGS_KEPT))
        FUZZ_CHECK(server->ping_count >= client->pings_sure);
}

static void compare_closes(const struct oracle_side *client, const struct oracle_side *server)
{
    unsigned code = server->close.bytes >= 2
                        ? (unsigned)server->close.payload[0] << 8 | server->close.payload[1]
                        : 0;

    if (!client->fault) {
        FUZZ_CHECK(!server->closed);
        return;
    }
    FUZZ_CHECK(server->closed || client->fault_may_be || client->end_unclear);
    if (!server->closed || client->end_unclear)
        return;
    FUZZ_CHECK(code == client->fault || (client->other_fault && code == client->other_fault) ||
               (client->half_inflated && (code == 1007 || code == 1009)));
    /* the peer's own Close comes back as it was */
    if (client->closed && client->close.bytes && code == client->fault && code != 1002 &&
        code != 1007)
        FUZZ_CHECK(server->close.bytes == client->close.bytes &&
                   !memcmp(server->close.payload, client->close.payload, client->close.bytes));
}

void oracle_compare(const struct oracle_side *client, const struct oracle_side *server)
{
    if (server->unclear)
        return;

    compare_messages(client, server);
    compare_pongs(client, server);
    compare_closes(client, server);
}
