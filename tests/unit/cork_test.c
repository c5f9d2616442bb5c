#include <stdlib.h>
#include <string.h>

#include "core/cork.h"
#include "runner.h"

#define PAGE_BYTES ((size_t)4096)
#define PAYLOAD_MAX ((size_t)262144)

/* The next frame's payload begins a copy that is placed from this size on. */
#define LARGE_BYTES PAGE_BYTES

/* So close to its source, modulo the page size, a copy is slow. */
#define TOO_NEAR_BYTES ((size_t)16)

static const struct frame text = {OPCODE_TEXT, true, false};
static const struct frame binary = {OPCODE_BINARY, true, false};

/* Without this, AddressSanitizer ends the program where malloc() would return NULL. */
const char *__asan_default_options(void) __attribute__((visibility("default"), used));

const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}

/* A payload that can start at each offset of a page; every byte differs from its neighbours. */
struct source {
    uint8_t *allocated;
    uint8_t *page; /* the first byte at offset 0 */
};

static struct source source_new(size_t bytes)
{
    size_t size = bytes + 2 * PAGE_BYTES;
    struct source source = {.allocated = malloc(size)};

    if (!source.allocated)
        abort();
    for (size_t i = 0; i < size; i++)
        source.allocated[i] = (uint8_t)(i * 31 + i / 251);
    source.page = source.allocated + (PAGE_BYTES - (uintptr_t)source.allocated % PAGE_BYTES);

    return source;
}

/* Says whether @bytes begin with the frame of @payload. */
static bool is_frame(const uint8_t *bytes, struct frame frame, const void *payload,
                     size_t payload_bytes)
{
    uint8_t header[FRAME_HEADER_MAX];
    size_t header_bytes = frame_header_write(header, frame, payload_bytes);

    return !memcmp(bytes, header, header_bytes) &&
           !memcmp(bytes + header_bytes, payload, payload_bytes);
}

static void a_new_cork_is_empty_and_nobodys(void)
{
    struct cork cork;

    memset(&cork, 0xFF, sizeof(cork));
    CU_ASSERT_EQUAL_FATAL(cork_init(&cork, 1024), 0);
    CU_ASSERT_EQUAL(cork_used(&cork), 0);
    CU_ASSERT_FALSE(cork_is_full(&cork));
    CU_ASSERT_PTR_NULL(cork.owner);
    cork_fini(&cork);
}

static void a_frame_comes_out_byte_exact(void)
{
    static const struct {
        const char *name;
        size_t bytes;
    } rows[] = {
        {"empty", 0},
        {"1", 1},
        {"125", 125},
        {"126", 126},
        {"below a page", LARGE_BYTES - 1},
        {"a page", LARGE_BYTES},
        {"65535", 65535},
        {"65536", 65536},
        {"the limit", PAYLOAD_MAX},
    };
    struct source source = source_new(PAYLOAD_MAX);
    struct cork cork;

    CU_ASSERT_EQUAL_FATAL(cork_init(&cork, PAYLOAD_MAX), 0);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        size_t expected = frame_header_size(rows[i].bytes) + rows[i].bytes;
        const uint8_t *first;
        size_t bytes;

        CHECK_ROW(!cork_append(&cork, binary, source.page, rows[i].bytes), rows[i].name);
        CHECK_ROW(cork_used(&cork) == expected, rows[i].name);
        first = cork_take(&cork, &bytes);
        CHECK_ROW(bytes == expected, rows[i].name);
        CHECK_ROW(is_frame(first, binary, source.page, rows[i].bytes), rows[i].name);
    }
    cork_fini(&cork);
    free(source.allocated);
}

static void an_empty_frame_needs_no_payload(void)
{
    struct cork cork;
    const uint8_t *first;
    size_t bytes;

    CU_ASSERT_EQUAL_FATAL(cork_init(&cork, 1024), 0);
    CU_ASSERT_EQUAL(cork_append(&cork, text, NULL, 0), 0);
    first = cork_take(&cork, &bytes);
    CU_ASSERT_EQUAL(bytes, 2);
    CU_ASSERT_FALSE(memcmp(first, "\x81\x00", 2));
    cork_fini(&cork);
}

static void frames_keep_their_order(void)
{
    static const struct {
        struct frame frame;
        const char *payload;
    } frames[] = {
        {{OPCODE_TEXT, false, false}, "one"},      {{OPCODE_PING, true, false}, "two"},
        {{OPCODE_CONTINUATION, true, false}, ""},  {{OPCODE_BINARY, true, false}, "three"},
        {{OPCODE_TEXT, false, true}, "four"},      {{OPCODE_BINARY, true, true}, ""},
        {{OPCODE_CLOSE, true, false}, "\x03\xE8"},
    };
    static const char expected[] = "\x01\x03"
                                   "one"
                                   "\x89\x03"
                                   "two"
                                   "\x80\x00"
                                   "\x82\x05"
                                   "three"
                                   "\x41\x04"
                                   "four"
                                   "\xC2\x00"
                                   "\x88\x02"
                                   "\x03\xE8";
    struct cork cork;
    const uint8_t *first;
    size_t bytes;

    CU_ASSERT_EQUAL_FATAL(cork_init(&cork, 1024), 0);
    for (size_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++)
        CU_ASSERT_EQUAL(
            cork_append(&cork, frames[i].frame, frames[i].payload, strlen(frames[i].payload)), 0);

    first = cork_take(&cork, &bytes);
    CU_ASSERT_EQUAL_FATAL(bytes, sizeof(expected) - 1);
    CU_ASSERT_FALSE(memcmp(first, expected, bytes));
    cork_fini(&cork);
}

static void frames_behind_a_placed_one_follow_it_directly(void)
{
    struct source source = source_new(65536);
    struct cork cork;
    const uint8_t *first;
    size_t bytes;

    CU_ASSERT_EQUAL_FATAL(cork_init(&cork, 65536), 0);
    CU_ASSERT_EQUAL(cork_append(&cork, binary, source.page + 1, 5000), 0);
    CU_ASSERT_EQUAL(cork_append(&cork, text, source.page + 2, 65536), 0);
    first = cork_take(&cork, &bytes);
    CU_ASSERT_EQUAL_FATAL(bytes, 4 + 5000 + 10 + 65536);
    CU_ASSERT_TRUE(is_frame(first, binary, source.page + 1, 5000));
    CU_ASSERT_TRUE(is_frame(first + 5004, text, source.page + 2, 65536));
    cork_fini(&cork);
    free(source.allocated);
}

static void the_payload_may_be_reused_on_return(void)
{
    char payload[] = "before";
    struct cork cork;
    size_t bytes;

    CU_ASSERT_EQUAL_FATAL(cork_init(&cork, 1024), 0);
    CU_ASSERT_EQUAL(cork_append(&cork, text, payload, 6), 0);
    memset(payload, 'x', sizeof(payload));
    CU_ASSERT_TRUE(is_frame(cork_take(&cork, &bytes), text, "before", 6));
    cork_fini(&cork);
}

static void take_leaves_the_cork_empty_and_nobodys(void)
{
    struct source source = source_new(16384);
    struct cork cork;
    size_t bytes;

    CU_ASSERT_EQUAL_FATAL(cork_init(&cork, 16384), 0);
    for (int round = 0; round < 3; round++) {
        cork.owner = &source;
        CU_ASSERT_EQUAL(cork_append(&cork, binary, source.page, 16384), 0);
        CU_ASSERT_PTR_EQUAL(cork.owner, &source);
        CU_ASSERT_TRUE(cork_is_full(&cork));

        cork_take(&cork, &bytes);
        CU_ASSERT_EQUAL(bytes, 4 + 16384);
        CU_ASSERT_PTR_NULL(cork.owner);
        CU_ASSERT_EQUAL(cork_used(&cork), 0);
        CU_ASSERT_FALSE(cork_is_full(&cork));

        cork_take(&cork, &bytes);
        CU_ASSERT_EQUAL(bytes, 0);
    }
    cork_fini(&cork);
    free(source.allocated);
}

/*
 * Fills an empty cork to @goal bytes (more than 2000) by frames whose payloads have 1000 bytes at
 * most, but for the first, which has @first_bytes. Returns whether all were taken.
 */
static bool fill(struct cork *cork, const uint8_t *payload, size_t first_bytes, size_t goal)
{
    bool taken = !cork_append(cork, binary, payload, first_bytes);

    while (taken && goal - cork_used(cork) > 2000)
        taken = !cork_append(cork, binary, payload, 1000);
    for (size_t parts = 2; taken && parts > 0; parts--)
        taken = !cork_append(cork, binary, payload, (goal - cork_used(cork)) / parts - 4);

    return taken && cork_used(cork) == goal;
}

static void a_cork_is_full_at_the_mark_and_not_a_byte_below(void)
{
    static const struct {
        const char *name;
        size_t used;
        bool full;
    } rows[] = {
        {"one byte below", CORK_FULL_BYTES - 1, false},
        {"at the mark", CORK_FULL_BYTES, true},
        {"one byte above", CORK_FULL_BYTES + 1, true},
    };
    struct source source = source_new(CORK_FULL_BYTES);
    struct cork cork;
    size_t bytes;

    CU_ASSERT_EQUAL_FATAL(cork_init(&cork, CORK_FULL_BYTES), 0);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CHECK_ROW(!cork_append(&cork, binary, source.page, rows[i].used - 4), rows[i].name);
        CHECK_ROW(cork_is_full(&cork) == rows[i].full, rows[i].name);
        cork_take(&cork, &bytes);

        CHECK_ROW(fill(&cork, source.page, 1000, rows[i].used), rows[i].name);
        CHECK_ROW(cork_is_full(&cork) == rows[i].full, rows[i].name);
        cork_take(&cork, &bytes);
    }
    cork_fini(&cork);
    free(source.allocated);
}

static void a_frame_of_the_limit_fits_while_the_cork_is_not_full(void)
{
    static const struct {
        const char *name;
        size_t payload_max;
        size_t first_bytes; /* of the frame that decides where the cork starts */
        size_t step;        /* between the payload's alignments that are tried */
    } rows[] = {
        {"the smallest buffer, not placed", 1024, 1024, 997},
        {"a page, placed", 4096, 4096, 1},
        {"short length form, placed", 65535, 9000, 1},
        {"long length form, placed", 65536, 9000, 1},
        {"the default buffer, placed", PAYLOAD_MAX, 4096, 61},
    };
    struct source source = source_new(PAYLOAD_MAX);

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        size_t payload_max = rows[i].payload_max;
        size_t header_bytes = frame_header_size(payload_max);
        size_t refused = 0;
        size_t garbled = 0;
        struct cork cork;

        CU_ASSERT_EQUAL_FATAL(cork_init(&cork, payload_max), 0);
        for (size_t offset = 0; offset < PAGE_BYTES; offset += rows[i].step) {
            const uint8_t *payload = source.page + offset;
            const uint8_t *first;
            size_t bytes;

            CHECK_ROW(fill(&cork, payload, rows[i].first_bytes, CORK_FULL_BYTES - 1), rows[i].name);
            refused += cork_append(&cork, binary, payload, payload_max) != 0;
            first = cork_take(&cork, &bytes);
            garbled += bytes != CORK_FULL_BYTES - 1 + header_bytes + payload_max ||
                       !is_frame(first + CORK_FULL_BYTES - 1, binary, payload, payload_max);
        }
        CHECK_ROW(refused == 0, rows[i].name);
        CHECK_ROW(garbled == 0, rows[i].name);
        cork_fini(&cork);
    }
    free(source.allocated);
}

static void a_large_first_frame_is_not_copied_to_its_own_place_in_a_page(void)
{
    static const struct {
        const char *name;
        size_t bytes;
    } rows[] = {
        {"a page", LARGE_BYTES},
        {"short length form", 65535},
        {"long length form", 65536},
    };
    struct source source = source_new(65536);
    struct cork cork;

    CU_ASSERT_EQUAL_FATAL(cork_init(&cork, 65536), 0);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        size_t near = 0;

        for (size_t offset = 0; offset < PAGE_BYTES; offset++) {
            const uint8_t *payload = source.page + offset;
            const uint8_t *target;
            size_t distance;
            size_t bytes;

            CHECK_ROW(!cork_append(&cork, binary, payload, rows[i].bytes), rows[i].name);
            target = cork_take(&cork, &bytes) + frame_header_size(rows[i].bytes);
            distance = ((uintptr_t)target - (uintptr_t)payload) % PAGE_BYTES;
            near += distance <= TOO_NEAR_BYTES || distance >= PAGE_BYTES - TOO_NEAR_BYTES;
        }
        CHECK_ROW(near == 0, rows[i].name);
    }
    cork_fini(&cork);
    free(source.allocated);
}

static void a_header_alone_follows_what_is_held(void)
{
    static const size_t sizes[] = {0, 125, 126, 65535, 65536, PAYLOAD_MAX};
    struct source source = source_new(PAYLOAD_MAX);
    struct cork cork;

    CU_ASSERT_EQUAL_FATAL(cork_init(&cork, PAYLOAD_MAX), 0);
    for (size_t i = 0; i < 2 * sizeof(sizes) / sizeof(sizes[0]); i++) {
        size_t held = i % 2 ? 5000 : 0; /* placed away from the buffer's start */
        size_t header = frame_header_size(sizes[i / 2]);
        uint8_t expected[FRAME_HEADER_MAX];
        const uint8_t *first;
        size_t bytes;

        CU_ASSERT_TRUE(!held || !cork_append(&cork, text, source.page, held));
        held = cork_used(&cork);
        CU_ASSERT_EQUAL(cork_append_header(&cork, binary, sizes[i / 2]), 0);
        first = cork_take(&cork, &bytes);
        CU_ASSERT_EQUAL(bytes, held + header);
        frame_header_write(expected, binary, sizes[i / 2]);
        CU_ASSERT_FALSE(memcmp(first + held, expected, header));
        CU_ASSERT_TRUE(!held || is_frame(first, text, source.page, 5000));
        CU_ASSERT_EQUAL(cork_used(&cork), 0);
    }
    cork_fini(&cork);
    free(source.allocated);
}

static void a_header_that_does_not_fit_changes_nothing(void)
{
    struct source source = source_new(PAYLOAD_MAX);
    struct cork before;
    struct cork cork;

    CU_ASSERT_EQUAL_FATAL(cork_init(&cork, PAYLOAD_MAX), 0);
    CU_ASSERT_TRUE(fill(&cork, source.page, 1000, cork.capacity_bytes - 9));
    before = cork;
    CU_ASSERT_EQUAL(cork_append_header(&cork, binary, PAYLOAD_MAX), -1);
    CU_ASSERT_FALSE(memcmp(&cork, &before, sizeof(cork)));
    CU_ASSERT_EQUAL(cork_append_header(&cork, binary, 65535), 0);
    cork_fini(&cork);
    free(source.allocated);
}

static void a_frame_that_does_not_fit_changes_nothing(void)
{
    enum { HELD_BYTES = 12000 };
    struct source source = source_new(PAYLOAD_MAX);
    static uint8_t held[HELD_BYTES];
    struct cork before;
    struct cork cork;
    size_t room;

    CU_ASSERT_EQUAL_FATAL(cork_init(&cork, 65536), 0);
    CU_ASSERT_TRUE(fill(&cork, source.page, 5000, HELD_BYTES));
    cork.owner = &source;
    before = cork;
    memcpy(held, cork.buffer + cork.start, HELD_BYTES);
    room = cork.capacity_bytes - cork.end - 10;

    {
        const struct {
            const char *name;
            size_t bytes;
        } rows[] = {
            {"one byte more than there is room", room + 1},
            {"more than the whole cork", cork.capacity_bytes + 1},
            {"all that there can be", SIZE_MAX},
            {"so much that the sum wraps around", SIZE_MAX - cork.end - 9},
        };

        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
            CHECK_ROW(cork_append(&cork, text, source.page, rows[i].bytes) == -1, rows[i].name);
            CHECK_ROW(!memcmp(&cork, &before, sizeof(cork)), rows[i].name);
            CHECK_ROW(!memcmp(cork.buffer + cork.start, held, HELD_BYTES), rows[i].name);
        }
    }
    CU_ASSERT_EQUAL(cork_append(&cork, text, source.page, room), 0);
    CU_ASSERT_EQUAL(cork_used(&cork), HELD_BYTES + 10 + room);
    CU_ASSERT_TRUE(is_frame(cork.buffer + cork.end - 10 - room, text, source.page, room));
    cork_fini(&cork);
    free(source.allocated);
}

static void a_frame_that_does_not_fit_leaves_an_empty_cork_empty(void)
{
    struct source source = source_new(PAYLOAD_MAX);
    struct cork before;
    struct cork cork;

    CU_ASSERT_EQUAL_FATAL(cork_init(&cork, 65536), 0);
    before = cork;
    CU_ASSERT_EQUAL(cork_append(&cork, text, source.page + 7, PAYLOAD_MAX), -1);
    CU_ASSERT_FALSE(memcmp(&cork, &before, sizeof(cork)));
    CU_ASSERT_EQUAL(cork_used(&cork), 0);
    cork_fini(&cork);
    free(source.allocated);
}

/* Rows: the frame is the first one, small or placed, or follows another. */
static void the_payload_of_a_frame_may_be_in_two_parts(void)
{
    static const struct {
        const char *name;
        size_t before_bytes;
        size_t head_bytes;
        size_t payload_bytes;
    } rows[] = {
        {"small", 0, 4, 100},
        {"placed", 0, 252, 16128},
        {"behind a frame", 100, 8, 16000},
        {"an empty head", 0, 0, 100},
        {"an empty payload", 0, 8, 0},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        size_t both_bytes = rows[i].head_bytes + rows[i].payload_bytes;
        struct source source = source_new(both_bytes + 100);
        struct cork cork;
        size_t bytes;
        const uint8_t *out;

        CU_ASSERT_EQUAL_FATAL(cork_init(&cork, PAYLOAD_MAX), 0);
        if (rows[i].before_bytes)
            cork_append(&cork, text, source.page, rows[i].before_bytes);
        CHECK_ROW(!cork_append_joined(&cork, binary, source.page, rows[i].head_bytes,
                                      source.page + rows[i].head_bytes, rows[i].payload_bytes),
                  rows[i].name);
        out = cork_take(&cork, &bytes);
        if (rows[i].before_bytes)
            out += frame_header_size(rows[i].before_bytes) + rows[i].before_bytes;
        CHECK_ROW(is_frame(out, binary, source.page, both_bytes), rows[i].name);
        cork_fini(&cork);
        free(source.allocated);
    }
}

static void a_joined_frame_that_does_not_fit_changes_nothing(void)
{
    struct source source = source_new(PAYLOAD_MAX);
    struct cork cork;

    CU_ASSERT_EQUAL_FATAL(cork_init(&cork, 1024), 0);
    CU_ASSERT_EQUAL(cork_append(&cork, text, source.page, 10), 0);
    CU_ASSERT_EQUAL(cork_append_joined(&cork, binary, source.page, 256, source.page,
                                       cork.capacity_bytes - 12 - 4 - 255),
                    -1);
    CU_ASSERT_EQUAL(cork_used(&cork), 12);
    CU_ASSERT_EQUAL(cork_append_joined(&cork, binary, source.page, 256, source.page,
                                       cork.capacity_bytes - 12 - 4 - 256),
                    0);
    CU_ASSERT_EQUAL(cork_used(&cork), cork.capacity_bytes);
    cork_fini(&cork);
    free(source.allocated);
}

static void a_failed_allocation_is_reported(void)
{
    struct cork cork;

    CU_ASSERT_EQUAL(cork_init(&cork, SIZE_MAX / 4), -1);
    CU_ASSERT_PTR_NULL(cork.buffer);
    cork_fini(&cork);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        TEST(a_new_cork_is_empty_and_nobodys),
        TEST(a_frame_comes_out_byte_exact),
        TEST(an_empty_frame_needs_no_payload),
        TEST(frames_keep_their_order),
        TEST(frames_behind_a_placed_one_follow_it_directly),
        TEST(the_payload_may_be_reused_on_return),
        TEST(take_leaves_the_cork_empty_and_nobodys),
        TEST(a_cork_is_full_at_the_mark_and_not_a_byte_below),
        TEST(a_frame_of_the_limit_fits_while_the_cork_is_not_full),
        TEST(a_large_first_frame_is_not_copied_to_its_own_place_in_a_page),
        TEST(a_header_alone_follows_what_is_held),
        TEST(a_header_that_does_not_fit_changes_nothing),
        TEST(a_frame_that_does_not_fit_changes_nothing),
        TEST(a_frame_that_does_not_fit_leaves_an_empty_cork_empty),
        TEST(the_payload_of_a_frame_may_be_in_two_parts),
        TEST(a_joined_frame_that_does_not_fit_changes_nothing),
        TEST(a_failed_allocation_is_reported),
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"cork", NULL, NULL, NULL, NULL, tests},
        CU_SUITE_INFO_NULL,
    };

    return runner_main(argc, argv, suites);
}
