/* The line that is logged of a connection. */

#include <jansson.h>
#include <string.h>

#include "check_text.h"
#include "core/record.h"
#include "runner.h"

static struct record new_record(void)
{
    struct record record = {
        .path = "/ws",
        .compression = "off",
        .duration_us = 61001999,
        .received_messages = 1,
        .received_bytes = 2,
        .sent_messages = 3,
        .sent_bytes = 4,
        .code = 1000,
        .why = "closed by the peer",
    };

    address_read(&record.peer, "192.0.2.1", 9);

    return record;
}

static void it_is_logfmt(void)
{
    struct record record = new_record();
    char line[RECORD_MAX];

    CU_ASSERT_TRUE(record_write_text(&record, line, sizeof(line)) == (int)strlen(line));
    CHECK_TEXT(line,
               "lws-echo: connection closed peer=192.0.2.1 code=1000 why=\"closed by the peer\" "
               "duration_s=61.001 received_messages=1 received_bytes=2 sent_messages=3 "
               "sent_bytes=4 compression=off path=/ws",
               "without a subprotocol");
    record.subprotocol = "mqtt,other";
    record.subprotocol_bytes = 4;
    record_write_text(&record, line, sizeof(line));
    CU_ASSERT_PTR_NOT_NULL(strstr(line, " compression=off subprotocol=mqtt path=/ws"));
}

static void it_is_json(void)
{
    struct record record = new_record();
    char line[RECORD_MAX];
    json_t *object;

    record.subprotocol = "mqtt";
    record.subprotocol_bytes = 4;
    CU_ASSERT_TRUE(record_write_json(&record, "2026-01-02T03:04:05.678Z", line, sizeof(line)) ==
                   (int)strlen(line));
    CHECK_TEXT(line,
               "{\"time\":\"2026-01-02T03:04:05.678Z\",\"level\":\"info\","
               "\"message\":\"connection closed\",\"peer\":\"192.0.2.1\",\"code\":1000,"
               "\"why\":\"closed by the peer\",\"duration_s\":61.001,"
               "\"received_messages\":1,\"received_bytes\":2,\"sent_messages\":3,"
               "\"sent_bytes\":4,\"compression\":\"off\",\"subprotocol\":\"mqtt\","
               "\"path\":\"/ws\"}",
               "json");
    object = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
    CU_ASSERT_PTR_NOT_NULL(object);
    json_decref(object);
}

/* A path is printable ASCII, but may look like more than one field; a subprotocol is a token. */
static void no_field_can_be_forged(void)
{
    static const char *const rows[] = {
        "/a=b", "/\"", "/\\", "/ code=1000", "/x\n", "/x\x7f", "/\xc3\xbc", "/\t",
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct record record = new_record();
        char line[RECORD_MAX];
        json_t *object;

        record.path = rows[i];
        CHECK_ROW(record_write_text(&record, line, sizeof(line)) > 0, rows[i]);
        CHECK_ROW(strstr(line, " path=\"/"), line);
        CHECK_ROW(!strpbrk(line, "\n\t\x7f"), line);
        CHECK_ROW(record_write_json(&record, "", line, sizeof(line)) > 0, rows[i]);
        object = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
        CHECK_TEXT(json_string_value(json_object_get(object, "path")), rows[i], rows[i]);
        json_decref(object);
    }
}

static void a_refusal_has_a_line_too(void)
{
    struct record record = new_record();
    char line[RECORD_MAX];

    CU_ASSERT_TRUE(
        record_write_refusal_text(&record.peer, "http-version", 400, line, sizeof(line)) > 0);
    CHECK_TEXT(line, "lws-echo: handshake refused peer=192.0.2.1 reason=http-version status=400",
               "text");
    CU_ASSERT_TRUE(
        record_write_refusal_json(&record.peer, "origin", 403, "now", line, sizeof(line)) > 0);
    CHECK_TEXT(line,
               "{\"time\":\"now\",\"level\":\"info\",\"message\":\"handshake refused\","
               "\"peer\":\"192.0.2.1\",\"reason\":\"origin\",\"status\":403}",
               "json");
}

static void the_longest_line_fits(void)
{
    struct record record = new_record();
    char line[RECORD_MAX];
    char path[256];
    char name[63];
    int bytes;

    memset(path, '"', sizeof(path) - 1);
    path[sizeof(path) - 1] = '\0';
    memset(name, '"', sizeof(name));
    record.path = path;
    record.subprotocol = name;
    record.subprotocol_bytes = sizeof(name) - 1;
    record.duration_us = INT64_MAX;
    record.received_messages = record.received_bytes = UINT64_MAX;
    record.sent_messages = record.sent_bytes = UINT64_MAX;
    record.code = 65535;
    address_read(&record.peer, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 39);
    bytes = record_write_json(&record, "2026-01-02T03:04:05.678Z", line, sizeof(line));
    CU_ASSERT_TRUE_FATAL(bytes > 0);
    for (size_t size = 0; size <= (size_t)bytes; size++)
        CU_ASSERT_EQUAL(record_write_json(&record, "2026-01-02T03:04:05.678Z", line, size), -1);
    CU_ASSERT_TRUE(record_write_text(&record, line, sizeof(line)) > 0);
}

static CU_TestInfo tests[] = {
    TEST(it_is_logfmt),           TEST(it_is_json),
    TEST(no_field_can_be_forged), TEST(a_refusal_has_a_line_too),
    TEST(the_longest_line_fits),  CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
    {"record", NULL, NULL, NULL, NULL, tests},
    CU_SUITE_INFO_NULL,
};

int main(int argc, char **argv)
{
    return runner_main(argc, argv, suites);
}
