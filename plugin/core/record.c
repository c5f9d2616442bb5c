#include "core/record.h"

#include <inttypes.h>
#include <string.h>

#include "core/base/writer.h"

/* A line, written field by field as logfmt or JSON. */
struct sentence {
    struct writer writer;
    bool json;
};

static void put_key(struct sentence *sentence, const char *key)
{
    writer_put(&sentence->writer, sentence->json ? ",\"%s\":" : " %s=", key);
}

/* In logfmt a value is bare unless that would be ambiguous. */
static bool is_bare(const char *text, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        if (text[i] <= ' ' || text[i] > '~' || strchr("\"=\\", text[i]))
            return false;

    return bytes != 0;
}

static void put_text(struct sentence *sentence, const char *key, const char *text, size_t bytes)
{
    put_key(sentence, key);
    if (sentence->json || !is_bare(text, bytes))
        writer_put_string(&sentence->writer, text, bytes);
    else
        writer_put(&sentence->writer, "%.*s", (int)bytes, text);
}

static void put_word(struct sentence *sentence, const char *key, const char *word)
{
    put_text(sentence, key, word, strlen(word));
}

static void put_number(struct sentence *sentence, const char *key, uint64_t number)
{
    put_key(sentence, key);
    writer_put(&sentence->writer, "%" PRIu64, number);
}

static void begin(struct sentence *sentence, const char *event, const char *time)
{
    if (sentence->json)
        writer_put(&sentence->writer, "{\"time\":\"%s\",\"level\":\"info\",\"message\":\"%s\"",
                   time, event);
    else
        writer_put(&sentence->writer, "lws-echo: %s", event);
}

static int end(struct sentence *sentence)
{
    if (sentence->json)
        writer_put(&sentence->writer, "}");

    return writer_is_whole(&sentence->writer) ? (int)sentence->writer.used : -1;
}

static void put_peer(struct sentence *sentence, const struct address *peer)
{
    char text[ADDRESS_TEXT];

    address_write(peer, text);
    put_word(sentence, "peer", text);
}

static int write_record(struct sentence *sentence, const struct record *record, const char *time)
{
    begin(sentence, "connection closed", time);
    put_peer(sentence, &record->peer);
    put_number(sentence, "code", record->code);
    put_word(sentence, "why", record->why);
    put_key(sentence, "duration_s");
    writer_put(&sentence->writer, "%" PRId64 ".%03d", record->duration_us / 1000000,
               (int)(record->duration_us / 1000 % 1000));
    put_number(sentence, "received_messages", record->received_messages);
    put_number(sentence, "received_bytes", record->received_bytes);
    put_number(sentence, "sent_messages", record->sent_messages);
    put_number(sentence, "sent_bytes", record->sent_bytes);
    put_word(sentence, "compression", record->compression);
    /* long fields come last: some logs cut their lines */
    if (record->subprotocol_bytes)
        put_text(sentence, "subprotocol", record->subprotocol, record->subprotocol_bytes);
    put_word(sentence, "path", record->path);

    return end(sentence);
}

int record_write_text(const struct record *record, char *out, size_t size)
{
    struct sentence sentence = {.writer = {.out = out, .size = size}};

    return write_record(&sentence, record, NULL);
}

int record_write_json(const struct record *record, const char *time, char *out, size_t size)
{
    struct sentence sentence = {.writer = {.out = out, .size = size}, .json = true};

    return write_record(&sentence, record, time);
}

static int write_refusal(struct sentence *sentence, const struct address *peer, const char *reason,
                         unsigned status, const char *time)
{
    begin(sentence, "handshake refused", time);
    put_peer(sentence, peer);
    put_word(sentence, "reason", reason);
    put_number(sentence, "status", status);

    return end(sentence);
}

int record_write_refusal_text(const struct address *peer, const char *reason, unsigned status,
                              char *out, size_t size)
{
    struct sentence sentence = {.writer = {.out = out, .size = size}};

    return write_refusal(&sentence, peer, reason, status, NULL);
}

int record_write_refusal_json(const struct address *peer, const char *reason, unsigned status,
                              const char *time, char *out, size_t size)
{
    struct sentence sentence = {.writer = {.out = out, .size = size}, .json = true};

    return write_refusal(&sentence, peer, reason, status, time);
}
