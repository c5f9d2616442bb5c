#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/inflater.h"
#include "reference_inflate.h"
#include "runner.h"

#define INPUT_MAX ((size_t)262144)
#define ROOM_MAX ((size_t)16384)
#define WINDOW_MAX ((size_t)32768)

/* A string that is no text: its length counts, NULs included. */
#define BYTES(string) (string), sizeof(string) - 1

static const size_t rooms[] = {1, 2, 7, 258, ROOM_MAX};

#define ROOM_COUNT (sizeof(rooms) / sizeof(rooms[0]))

/* The memory that inflaters have from zlib's allocator. */
static struct {
    size_t blocks;     /* held */
    size_t blocks_max; /* one more is refused */
    size_t taken_bytes;
    bool refuses_calloc; /* what does not come from zlib's allocator */
} heap = {.blocks_max = SIZE_MAX};

/* The linker puts these between the inflater, the C library and zlib. */
void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
int __real_inflateInit2_(z_streamp stream, int window_bits, const char *version, int stream_size);
int __wrap_inflateInit2_(z_streamp stream, int window_bits, const char *version, int stream_size);

static voidpf take_block(voidpf opaque, uInt items, uInt size)
{
    void *block = heap.blocks < heap.blocks_max ? __real_calloc(items, size) : NULL;

    (void)opaque;
    heap.blocks += block != NULL;
    heap.taken_bytes += (size_t)items * size;

    return block;
}

static void give_block(voidpf opaque, voidpf block)
{
    (void)opaque;
    heap.blocks--;
    free(block);
}

int __wrap_inflateInit2_(z_streamp stream, int window_bits, const char *version, int stream_size)
{
    stream->zalloc = take_block;
    stream->zfree = give_block;

    return __real_inflateInit2_(stream, window_bits, version, stream_size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return heap.refuses_calloc ? NULL : __real_calloc(count, size);
}

/*
 * zlib is built without AddressSanitizer. So that reads beyond the input and writes beyond the
 * room fault nonetheless, both end where their memory does.
 */
static uint8_t *input_end;
static uint8_t *room_end;

static uint8_t *map_fenced(size_t bytes)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t pages = (bytes + page - 1) / page * page;
    uint8_t *first =
        mmap(NULL, pages + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (first == MAP_FAILED || mprotect(first + pages, page, PROT_NONE)) {
        perror("fenced memory");
        abort();
    }

    return first + pages;
}

static int map_memory(void)
{
    input_end = map_fenced(INPUT_MAX);
    room_end = map_fenced(ROOM_MAX);

    return 0;
}

/* What inflaters have given. */
struct received {
    uint8_t *bytes; /* NULL: they are only counted, and must be zero */
    size_t max_bytes;
    size_t count;
    size_t broken_promises; /* of inflater_next() */
};

static struct received received_new(size_t max_bytes)
{
    struct received received = {.bytes = malloc(max_bytes), .max_bytes = max_bytes};

    if (!received.bytes)
        abort();

    return received;
}

static bool is_received(const struct received *received, const void *message, size_t bytes)
{
    return !received->broken_promises && received->count == bytes &&
           (!bytes || !memcmp(received->bytes, message, bytes));
}

static void keep(struct received *received, const uint8_t *bytes, size_t count)
{
    static const uint8_t zeros[ROOM_MAX];

    if (count > received->max_bytes - received->count) {
        received->broken_promises++;
        return;
    }
    if (received->bytes)
        memcpy(received->bytes + received->count, bytes, count);
    else
        received->broken_promises += memcmp(bytes, zeros, count) != 0;
    received->count += count;
}

/* Inflates a piece, @room bytes at a time. Returns the last result, which is not MORE. */
static enum inflater_result feed(struct inflater *inflater, const uint8_t *piece, size_t bytes,
                                 bool final, size_t room, struct received *received)
{
    const uint8_t *input = input_end - bytes;
    enum inflater_result result;
    size_t out_bytes;

    if (bytes)
        memcpy(input_end - bytes, piece, bytes);
    do {
        out_bytes = SIZE_MAX;
        result = inflater_next(inflater, &input, &bytes, final, room_end - room, room, &out_bytes);
        if (out_bytes > room || (out_bytes == room) != (result == INFLATER_MORE) ||
            (result == INFLATER_DONE && bytes) || input + bytes != input_end)
            received->broken_promises++;
        else
            keep(received, room_end - room, out_bytes);
    } while (result == INFLATER_MORE && !received->broken_promises);

    return result;
}

/* Inflates a message in pieces of @first_bytes and then @piece_bytes. */
static enum inflater_result feed_in_pieces(struct inflater *inflater, const uint8_t *message,
                                           size_t bytes, size_t first_bytes, size_t piece_bytes,
                                           size_t room, struct received *received)
{
    size_t at = first_bytes;
    enum inflater_result result = feed(inflater, message, at, at == bytes, room, received);

    while (result == INFLATER_DONE && at < bytes) {
        size_t next = bytes - at < piece_bytes ? bytes - at : piece_bytes;

        result = feed(inflater, message + at, next, at + next == bytes, room, received);
        at += next;
    }

    return result;
}

static enum inflater_result feed_whole(struct inflater *inflater, const uint8_t *message,
                                       size_t bytes, struct received *received)
{
    return feed(inflater, message, bytes, true, ROOM_MAX, received);
}

static uint32_t next_random(uint32_t *random)
{
    *random ^= *random << 13;
    *random ^= *random >> 17;
    *random ^= *random << 5;

    return *random;
}

static void fill_random(uint8_t *bytes, size_t count, uint32_t *random)
{
    for (size_t i = 0; i < count; i++)
        bytes[i] = (uint8_t)(next_random(random) >> 24);
}

/* The other side, for windows of 2^@window_bits bytes. */
static void deflater_init(z_stream *deflater, int window_bits)
{
    /* zlib's window of 2^9 reaches back 250 bytes at most, so that one of 2^8 will do */
    int raw_bits = window_bits == 8 ? -9 : -window_bits;

    memset(deflater, 0, sizeof(*deflater));
    if (deflateInit2(deflater, Z_BEST_SPEED, Z_DEFLATED, raw_bits, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        abort();
}

/* Writes a compressed message to @out, of INPUT_MAX bytes (RFC 7692 section 7.2.1). */
static size_t deflate_message(z_stream *deflater, uint8_t *message, size_t bytes, uint8_t *out)
{
    size_t room = INPUT_MAX;

    deflater->next_in = message;
    deflater->avail_in = (uInt)bytes;
    deflater->next_out = out;
    deflater->avail_out = (uInt)room;
    if (deflate(deflater, Z_SYNC_FLUSH) != Z_OK || !deflater->avail_out)
        abort();

    return room - deflater->avail_out - 4;
}

/*
 * Says whether three messages alike come out as they went in. Their matches reach back as far as
 * zlib goes, within each message and, with context, into the one before it.
 */
static bool window_is_kept(int window_bits, bool keeps_context, size_t room)
{
    static uint8_t compressed[INPUT_MAX];
    static uint8_t message[2 * WINDOW_MAX];
    size_t distance = ((size_t)1 << (window_bits == 8 ? 9 : window_bits)) - 262;
    size_t bytes = distance + distance / 2;
    struct received received = received_new(bytes);
    struct inflater inflater;
    uint32_t random = 1;
    z_stream deflater;
    bool kept = true;

    fill_random(message, distance, &random);
    memcpy(message + distance, message, bytes - distance);
    deflater_init(&deflater, window_bits);
    inflater_init(&inflater, (unsigned)window_bits, keeps_context);
    for (int i = 0; i < 3; i++) {
        size_t count;

        if (!keeps_context)
            deflateReset(&deflater);
        count = deflate_message(&deflater, message, bytes, compressed);
        received.count = 0;
        kept = kept && count < bytes &&
               feed_in_pieces(&inflater, compressed, count, 0, 1000, room, &received) ==
                   INFLATER_DONE &&
               is_received(&received, message, bytes);
    }
    deflateEnd(&deflater);
    inflater_fini(&inflater);
    free(received.bytes);

    return kept;
}

static void messages_of_every_window_come_out_as_they_went_in(void)
{
    for (int window_bits = 8; window_bits <= 15; window_bits++) {
        for (size_t i = 0; i < ROOM_COUNT; i++) {
            char row[40];

            snprintf(row, sizeof(row), "%d bits, room of %zu", window_bits, rooms[i]);
            CHECK_ROW(window_is_kept(window_bits, false, rooms[i]), row);
            CHECK_ROW(window_is_kept(window_bits, true, rooms[i]), row);
        }
    }
}

static void a_message_may_be_cut_anywhere(void)
{
    static uint8_t message[] = "It is not the same: it is not the same, it is the same again. "
                               "What is the same? That which is not, aaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    static uint8_t compressed[INPUT_MAX];
    z_stream deflater;
    size_t count;

    deflater_init(&deflater, 15);
    count = deflate_message(&deflater, message, sizeof(message), compressed);
    deflateEnd(&deflater);
    for (size_t i = 0; i < ROOM_COUNT; i++) {
        struct received received = received_new(sizeof(message));
        struct inflater inflater;
        size_t wrong = 0;

        inflater_init(&inflater, 15, false);
        for (size_t cut = 0; cut <= count; cut++) {
            received.count = 0;
            wrong +=
                feed(&inflater, compressed, cut, false, rooms[i], &received) != INFLATER_DONE ||
                feed(&inflater, compressed + cut, count - cut, true, rooms[i], &received) !=
                    INFLATER_DONE ||
                !is_received(&received, message, sizeof(message));
        }
        for (size_t piece = 1; piece <= 3; piece++) {
            received.count = 0;
            wrong += feed_in_pieces(&inflater, compressed, count, 0, piece, rooms[i], &received) !=
                         INFLATER_DONE ||
                     !is_received(&received, message, sizeof(message));
        }
        CU_ASSERT_EQUAL(wrong, 0);
        inflater_fini(&inflater);
        free(received.bytes);
    }
}

#define HELLO "\xF2\x48\xCD\xC9\xC9\x07\x00"
#define HELLO_BFINAL "\xF3\x48\xCD\xC9\xC9\x07\x00"
#define HELLO_END "\xF2\x48\xCD\xC9\xC9\x07\x04"
#define HELLO_STORED "\x00\x05\x00\xFA\xFFHello"
#define HELLO_AGAIN "\xF2\x00\x11\x00\x00"
#define TAIL "\x00\x00\xFF\xFF"

static const struct {
    const char *name;
    const char *before; /* a message before it */
    size_t before_bytes;
    const char *payload;
    size_t bytes;
    const char *message;
    size_t message_bytes;
} valid[] = {
    /* RFC 7692 sections 7.2.3.1 to 7.2.3.6 */
    {"one block", BYTES("\0"), BYTES(HELLO), BYTES("Hello")},
    {"sharing the window", BYTES(HELLO), BYTES(HELLO_AGAIN), BYTES("Hello")},
    {"no compression", BYTES("\0"), BYTES(HELLO_STORED "\0"), BYTES("Hello")},
    {"BFINAL", BYTES("\0"), BYTES(HELLO_BFINAL "\0"), BYTES("Hello")},
    {"two blocks", BYTES("\0"), BYTES("\xF2\x48\x05\x00\x00\x00\xFF\xFF\xCA\xC9\xC9\x07\x00"),
     BYTES("Hello")},
    {"empty", BYTES("\0"), BYTES("\0"), BYTES("")},

    {"empty after a message", BYTES(HELLO), BYTES("\0"), BYTES("")},
    {"of empty blocks", BYTES(HELLO), BYTES("\0" TAIL "\0" TAIL "\0"), BYTES("")},
    {"an empty block first", BYTES("\0"), BYTES("\0" TAIL HELLO), BYTES("Hello")},
    {"with the tail, and a block", BYTES("\0"), BYTES(HELLO TAIL "\0"), BYTES("Hello")},
    {"BFINAL before", BYTES(HELLO_BFINAL "\0"), BYTES(HELLO), BYTES("Hello")},
    {"sharing the window after BFINAL", BYTES(HELLO_BFINAL "\0"), BYTES(HELLO_AGAIN),
     BYTES("Hello")},
    {"BFINAL, and a block that refers to it", BYTES("\0"), BYTES(HELLO_BFINAL HELLO_AGAIN),
     BYTES("HelloHello")},
    {"BFINAL twice", BYTES("\0"), BYTES(HELLO_BFINAL HELLO_BFINAL "\0"), BYTES("HelloHello")},
    {"BFINAL, empty", BYTES("\0"), BYTES("\x03\x00\0"), BYTES("")},
    {"BFINAL, stored", BYTES("\0"), BYTES("\x01\x05\x00\xFA\xFFHello\0"), BYTES("Hello")},

    /* section 7.2.1: the empty block at the end may be marked as the last, too */
    {"empty, ended by BFINAL", BYTES("\0"), BYTES("\x01"), BYTES("")},
    {"ended by BFINAL", BYTES("\0"), BYTES(HELLO_END), BYTES("Hello")},
    {"BFINAL, ended by BFINAL", BYTES("\0"), BYTES(HELLO_BFINAL "\x01"), BYTES("Hello")},
    {"ended by BFINAL before", BYTES(HELLO_END), BYTES(HELLO), BYTES("Hello")},
    {"ended by BFINAL, twice", BYTES(HELLO_END), BYTES(HELLO_END), BYTES("Hello")},
    {"sharing the window after an end by BFINAL", BYTES(HELLO_END), BYTES(HELLO_AGAIN),
     BYTES("Hello")},
    {"the same, after an empty message", BYTES(HELLO TAIL "\x01"), BYTES(HELLO_AGAIN),
     BYTES("Hello")},
    {"an empty BFINAL block, and one that refers beyond it", BYTES("\0"),
     BYTES(HELLO_END TAIL HELLO_AGAIN), BYTES("HelloHello")},
    {"of empty BFINAL blocks", BYTES("\0"), BYTES("\x01" TAIL "\x03\0\x01" TAIL "\x01"), BYTES("")},
};

static void messages_end_where_rfc_7692_says(void)
{
    for (size_t i = 0; i < sizeof(valid) / sizeof(valid[0]); i++) {
        const uint8_t *before = (const uint8_t *)valid[i].before;
        const uint8_t *payload = (const uint8_t *)valid[i].payload;
        size_t bytes = valid[i].bytes;
        struct received received = received_new(100);

        for (size_t room = 1; room <= 12; room++) {
            for (size_t cut = 0; cut <= bytes; cut++) {
                struct inflater inflater;

                inflater_init(&inflater, 8 + room % 8, true);
                CHECK_ROW(!feed_whole(&inflater, before, valid[i].before_bytes, &received),
                          valid[i].name);
                received.count = 0;
                CHECK_ROW(!feed_in_pieces(&inflater, payload, bytes, cut, 1 + cut, room, &received),
                          valid[i].name);
                CHECK_ROW(is_received(&received, valid[i].message, valid[i].message_bytes),
                          valid[i].name);
                received.count = 0;
                CHECK_ROW(
                    !feed_whole(&inflater, (const uint8_t *)HELLO, sizeof(HELLO) - 1, &received),
                    valid[i].name);
                CHECK_ROW(is_received(&received, "Hello", 5), valid[i].name);
                inflater_fini(&inflater);
            }
        }
        free(received.bytes);
    }
}

/*
 * Huffman blocks whose end is 14 ones long, so that two bits of the tail are left behind it. The
 * tail's zeros are data in the one; in the other they say that there are no distances.
 */
#define TWO_BITS_BEHIND_DATA                                                                       \
    "\x04\xC0\x01\x92\x24\x49\x92\x24\x49\x24\x16\x35\x8F\xAC\x9E\xBD\xFF\x7F\xF7\x00"
#define TWO_BITS_BEHIND_NO_DATA                                                                    \
    "\x04\xE4\x01\x92\x24\x49\x92\x24\x49\x20\xB1\xA8\x79\x64\xF5\xEC\xFD\xFF\xBB\x07"

/* A Huffman block whose end is 15 ones long, so that it ends with the tail: as no block may. */
#define ENDED_BY_THE_TAIL                                                                          \
    "\xFB\x21\xA2\x2C\xCB\xB2\x2C\xCB\x8A\x9A\x47\xD6\x98\x6B\x9F\xFB\x7E\xFF\x9B\xFB\x01\x00\x00"

static const struct {
    const char *name;
    const char *payload;
    size_t bytes;
} invalid[] = {
    {"nothing", BYTES("")},
    {"BFINAL without a block after it", BYTES(HELLO_BFINAL)},
    {"BFINAL, empty, without a block after it", BYTES("\x03\x00")},
    {"BFINAL, stored, without a block after it", BYTES("\x01\x05\x00\xFA\xFFHello")},
    {"the tail as data of a block", BYTES("\x00\x04\x00\xFB\xFF")},
    {"the tail as data of a BFINAL block", BYTES("\x01\x04\x00\xFB\xFF")},
    {"stored, without a block after it", BYTES(HELLO_STORED)},
    {"the tail left on", BYTES(HELLO TAIL)},
    {"the tail alone", BYTES(TAIL)},
    {"a byte too many", BYTES(HELLO "\0")},
    {"a byte too few", BYTES("\xF2\x48\xCD\xC9\xC9\x07")},
    {"cut in a Huffman block", BYTES("\xF2\x48\xCD")},
    {"cut in a stored block", BYTES("\x00\x05\x00\xFA\xFF")},
    {"a byte short of its stored block", BYTES("\x00\x06\x00\xF9\xFFH")},
    {"cut in a stored length", BYTES("\x00\x05\x00")},
    {"cut in a dynamic header", BYTES("\x04\xC0\x01\x92")},
    {"two bits too many", BYTES(TWO_BITS_BEHIND_NO_DATA)},
    {"two bits too many, after data", BYTES(TWO_BITS_BEHIND_DATA)},
    {"a Huffman block that the tail ends", BYTES("\x04" ENDED_BY_THE_TAIL)},
    {"a Huffman BFINAL block that the tail ends", BYTES("\x05" ENDED_BY_THE_TAIL)},
    {"the tail left on an end by BFINAL", BYTES(HELLO_END TAIL)},
    {"a byte too many after BFINAL", BYTES("\x01\0")},
    {"ended by BFINAL twice", BYTES("\x01\x01")},
    {"no block type", BYTES("\x06\0")},
    {"no block type, BFINAL", BYTES("\x07\0")},
    {"no block type after a block", BYTES(HELLO TAIL "\x06")},
    {"stored length that is not confirmed", BYTES("\x00\x05\x00\xFA\xFEHello\0")},
    {"no length code", BYTES("\x1A\x03\x00")},
    {"back before the beginning", BYTES(HELLO_AGAIN)},
    {"garbage", BYTES("\xFF\xFF\xFF\xFF")},
};

static void what_is_no_whole_message_is_invalid(void)
{
    for (size_t i = 0; i < sizeof(invalid) / sizeof(invalid[0]); i++) {
        const uint8_t *payload = (const uint8_t *)invalid[i].payload;
        size_t bytes = invalid[i].bytes;
        struct received received = received_new(100);

        for (size_t room = 1; room <= 40; room++) {
            for (size_t cut = 0; cut <= bytes; cut++) {
                struct inflater inflater;

                received.count = 0;
                inflater_init(&inflater, 15, room % 2);
                CHECK_ROW(feed_in_pieces(&inflater, payload, bytes, cut, 1 + cut, room,
                                         &received) == INFLATER_INVALID,
                          invalid[i].name);
                CHECK_ROW(!received.broken_promises, invalid[i].name);
                inflater_fini(&inflater);
                CHECK_ROW(!heap.blocks, invalid[i].name);
            }
        }
        free(received.bytes);
    }
}

static void an_empty_last_piece_ends_a_message(void)
{
    struct received received = received_new(100);
    struct inflater inflater;

    inflater_init(&inflater, 15, true);
    for (int i = 0; i < 3; i++) {
        CU_ASSERT_EQUAL(feed(&inflater, NULL, 0, false, 7, &received), INFLATER_DONE);
        CU_ASSERT_EQUAL(feed(&inflater, (const uint8_t *)HELLO, 7, false, 7, &received),
                        INFLATER_DONE);
        CU_ASSERT_EQUAL(feed(&inflater, NULL, 0, false, 7, &received), INFLATER_DONE);
        CU_ASSERT_EQUAL(feed(&inflater, NULL, 0, true, 7, &received), INFLATER_DONE);
    }
    CU_ASSERT_TRUE(is_received(&received, "HelloHelloHello", 15));
    CU_ASSERT_EQUAL(feed(&inflater, NULL, 0, true, 7, &received), INFLATER_INVALID);
    inflater_fini(&inflater);
    free(received.bytes);
}

static void messages_know_none_before_them_without_context(void)
{
    struct received received = received_new(100);
    struct inflater inflater;

    inflater_init(&inflater, 15, false);
    for (int i = 0; i < 3; i++) {
        CU_ASSERT_EQUAL(feed_whole(&inflater, (const uint8_t *)"\0", 1, &received), INFLATER_DONE);
        CU_ASSERT_EQUAL(feed_whole(&inflater, (const uint8_t *)HELLO, 7, &received), INFLATER_DONE);
    }
    CU_ASSERT_TRUE(is_received(&received, "HelloHelloHello", 15));
    CU_ASSERT_EQUAL(feed_whole(&inflater, (const uint8_t *)HELLO_AGAIN, 5, &received),
                    INFLATER_INVALID);
    inflater_fini(&inflater);
    free(received.bytes);
}

static void output_does_not_wait_for_input_to_come(void)
{
    static const uint8_t stored[] = HELLO_STORED;
    struct received received = received_new(100);
    struct inflater inflater;

    inflater_init(&inflater, 15, false);
    for (size_t i = 0; i < 10; i++) {
        CU_ASSERT_EQUAL(feed(&inflater, stored + i, 1, false, 16, &received), INFLATER_DONE);
        CU_ASSERT_EQUAL(received.count, i < 5 ? 0 : i - 4);
    }
    inflater_fini(&inflater);
    free(received.bytes);
}

static void output_that_fills_its_room_may_have_been_all(void)
{
    const uint8_t *input = (const uint8_t *)HELLO;
    size_t input_bytes = 7;
    struct inflater inflater;
    size_t out_bytes;
    uint8_t out[6] = "";

    inflater_init(&inflater, 15, true);
    CU_ASSERT_EQUAL(inflater_next(&inflater, &input, &input_bytes, true, out, 5, &out_bytes),
                    INFLATER_MORE);
    CU_ASSERT_EQUAL(out_bytes, 5);
    CU_ASSERT_STRING_EQUAL(out, "Hello");
    CU_ASSERT_EQUAL(inflater_next(&inflater, &input, &input_bytes, true, out, 5, &out_bytes),
                    INFLATER_DONE);
    CU_ASSERT_EQUAL(out_bytes, 0);
    CU_ASSERT_EQUAL(input_bytes, 0);
    CU_ASSERT_PTR_EQUAL(input, (const uint8_t *)HELLO + 7);
    inflater_fini(&inflater);
}

/*
 * Writes a message that is one match, of 3 bytes from @distance before (RFC 1951 section 3.2).
 * Returns its size in bytes, 5 at most.
 */
static size_t write_reference(uint8_t *out, unsigned distance)
{
    unsigned code = 0;
    unsigned extra_bits = 0;
    unsigned first = 1; /* the distance that has the code, and extra bits of 0 */
    unsigned reversed = 0;
    uint64_t bits;

    while (distance >= first + (1U << extra_bits)) {
        first += 1U << extra_bits;
        code++;
        extra_bits = code < 4 ? 0 : code / 2 - 1;
    }
    for (unsigned i = 0; i < 5; i++)
        reversed |= (code >> i & 1) << (4 - i);

    /* fixed Huffman codes; length 3; end of the block, and an empty one without compression */
    bits = 2 | 1 << 9 | (uint64_t)reversed << 10 | (uint64_t)(distance - first) << 15;
    for (unsigned i = 0; i < 5; i++)
        out[i] = (uint8_t)(bits >> (8 * i));

    return (25 + extra_bits + 7) / 8;
}

/* Inflates a reference of @distance after @bytes that came as a message. */
static enum inflater_result refer(int window_bits, const uint8_t *bytes, size_t count,
                                  unsigned distance, struct received *received)
{
    uint8_t reference[5];
    struct inflater inflater;
    enum inflater_result result;

    received->count = 0;
    inflater_init(&inflater, (unsigned)window_bits, true);
    for (size_t at = 0; at < count; at += 251) {
        uint8_t block[5 + 251 + 1] = {0};
        size_t block_bytes = count - at < 251 ? count - at : 251;

        block[1] = (uint8_t)block_bytes;
        block[3] = (uint8_t)~block_bytes;
        block[4] = 0xFF;
        memcpy(block + 5, bytes + at, block_bytes);
        if (feed_whole(&inflater, block, 5 + block_bytes + 1, received) != INFLATER_DONE)
            received->broken_promises++;
    }
    received->count = 0;
    result = feed_whole(&inflater, reference, write_reference(reference, distance), received);
    inflater_fini(&inflater);

    return result;
}

/* Writes a stored block of up to 65535 bytes. Returns its size in bytes. */
static size_t write_stored(uint8_t *out, const uint8_t *bytes, size_t count)
{
    out[0] = 0;
    out[1] = (uint8_t)count;
    out[2] = (uint8_t)(count >> 8);
    out[3] = (uint8_t)~out[1];
    out[4] = (uint8_t)~out[2];
    memcpy(out + 5, bytes, count);

    return 5 + count;
}

/* Inflates a message that ends in a reference, whole and in pieces. */
static void check_reference(int window_bits, const uint8_t *message, size_t bytes, size_t room,
                            bool is_invalid, struct received *received, const char *row)
{
    const size_t pieces[] = {bytes, bytes / 2 + 1, 61};

    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        struct inflater inflater;

        received->count = 0;
        inflater_init(&inflater, (unsigned)window_bits, true);
        CHECK_ROW(feed_in_pieces(&inflater, message, bytes, 0, pieces[i], room, received) ==
                      (is_invalid ? INFLATER_INVALID : INFLATER_DONE),
                  row);
        CHECK_ROW(!received->broken_promises, row);
        inflater_fini(&inflater);
    }
}

static void references_reach_to_the_end_of_the_window_and_no_further(void)
{
    static uint8_t bytes[WINDOW_MAX + 100];
    struct received received = received_new(sizeof(bytes));
    uint32_t random = 3;

    fill_random(bytes, sizeof(bytes), &random);
    for (int window_bits = 8; window_bits <= 15; window_bits++) {
        unsigned window = 1U << window_bits;
        const unsigned counts[] = {3, 250, window - 1, window, window + 1, window + 100};
        char row[40];

        for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
            unsigned count = counts[i];
            unsigned furthest = count < window ? count : window;

            snprintf(row, sizeof(row), "%d bits, after %u bytes", window_bits, count);
            CHECK_ROW(refer(window_bits, bytes, count, furthest, &received) == INFLATER_DONE, row);
            CHECK_ROW(is_received(&received, bytes + count - furthest, 3), row);
            if (furthest < WINDOW_MAX)
                CHECK_ROW(refer(window_bits, bytes, count, furthest + 1, &received) ==
                              INFLATER_INVALID,
                          row);
        }
    }
    free(received.bytes);
}

/* Within a message, what zlib writes at once may be more than the window. */
static void references_within_a_message_reach_no_further(void)
{
    static uint8_t bytes[WINDOW_MAX + 100];
    static uint8_t message[WINDOW_MAX + 100 + 10];
    struct received received = received_new(sizeof(bytes) + 3);
    uint32_t random = 4;

    fill_random(bytes, sizeof(bytes), &random);
    for (int window_bits = 8; window_bits <= 15; window_bits++) {
        unsigned window = 1U << window_bits;
        const unsigned counts[] = {3, window - 1, window, window + 1, window + 100};
        const size_t some_rooms[] = {258, window, window + 1, ROOM_MAX};
        char row[80];

        for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
            unsigned count = counts[i];
            unsigned furthest = count < window ? count : window;

            for (size_t j = 0; j < sizeof(some_rooms) / sizeof(some_rooms[0]); j++)
                for (unsigned beyond = 0; beyond < 2 && furthest + beyond <= WINDOW_MAX; beyond++) {
                    size_t room = some_rooms[j] < ROOM_MAX ? some_rooms[j] : ROOM_MAX;
                    size_t at = write_stored(message, bytes, count);
                    size_t total = at + write_reference(message + at, furthest + beyond);

                    snprintf(row, sizeof(row), "%d bits, %u after %u bytes, room of %zu",
                             window_bits, furthest + beyond, count, room);
                    check_reference(window_bits, message, total, room, beyond > 0, &received, row);
                    if (!beyond)
                        CHECK_ROW(!memcmp(received.bytes + count, bytes + count - furthest, 3),
                                  row);
                }
        }
    }
    free(received.bytes);
}

static void a_message_can_become_much_larger(void)
{
    enum { MEBIBYTES = 100 };
    static uint8_t compressed[INPUT_MAX];
    static uint8_t zeros[1 << 20];
    struct received received = {.max_bytes = (size_t)MEBIBYTES << 20};
    struct inflater inflater;
    z_stream deflater;

    deflater_init(&deflater, 15);
    deflateParams(&deflater, Z_BEST_COMPRESSION, Z_DEFAULT_STRATEGY);
    deflater.next_out = compressed;
    deflater.avail_out = (uInt)sizeof(compressed);
    for (int i = 0; i < MEBIBYTES; i++) {
        deflater.next_in = zeros;
        deflater.avail_in = (uInt)sizeof(zeros);
        deflate(&deflater, i < MEBIBYTES - 1 ? Z_NO_FLUSH : Z_SYNC_FLUSH);
    }
    CU_ASSERT_TRUE(deflater.avail_out > 0);

    inflater_init(&inflater, 15, false);
    CU_ASSERT_EQUAL(
        feed_whole(&inflater, compressed, sizeof(compressed) - deflater.avail_out - 4, &received),
        INFLATER_DONE);
    CU_ASSERT_EQUAL(received.count, received.max_bytes);
    CU_ASSERT_EQUAL(received.broken_promises, 0);
    inflater_fini(&inflater);
    deflateEnd(&deflater);
}

/* Writes any bytes, or a message of which some are changed. Returns their count. */
static size_t write_garbage(z_stream *deflater, uint8_t *out, uint32_t *random)
{
    uint8_t message[64];
    size_t bytes = 1 + next_random(random) % sizeof(message);

    if (next_random(random) % 2) {
        fill_random(out, bytes, random);
        return bytes;
    }

    for (size_t i = 0; i < bytes; i++)
        message[i] = (uint8_t)(next_random(random) % 4);
    deflateReset(deflater);
    bytes = deflate_message(deflater, message, bytes, out);
    for (size_t changes = next_random(random) % 3; changes > 0; changes--) {
        size_t bit = next_random(random) % (8 * bytes);

        out[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }

    return bytes;
}

static void garbage_is_judged_alike_in_any_pieces(void)
{
    enum { INPUTS = 20000, OUTPUT_MAX = 70000 };
    struct received whole = received_new(OUTPUT_MAX);
    struct received pieces = received_new(OUTPUT_MAX);
    static uint8_t garbage[INPUT_MAX];
    uint32_t random = 5;
    size_t refused = 0;
    size_t wrong = 0;
    z_stream deflater;

    deflater_init(&deflater, 15);
    for (int i = 0; i < INPUTS; i++) {
        size_t bytes = write_garbage(&deflater, garbage, &random);
        size_t first_bytes = next_random(&random) % (bytes + 1);
        size_t piece_bytes = 1 + next_random(&random) % bytes;
        size_t room = 1 + next_random(&random) % 300;
        enum inflater_result result;
        struct inflater inflater;

        whole.count = pieces.count = 0;
        inflater_init(&inflater, 15, i % 2);
        result = feed_whole(&inflater, garbage, bytes, &whole);
        inflater_fini(&inflater);
        refused += result == INFLATER_INVALID;

        inflater_init(&inflater, 15, i % 2);
        wrong += feed_in_pieces(&inflater, garbage, bytes, first_bytes, piece_bytes, room,
                                &pieces) != result ||
                 (result == INFLATER_DONE && !is_received(&pieces, whole.bytes, whole.count));
        inflater_fini(&inflater);
    }
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT_EQUAL(whole.broken_promises + pieces.broken_promises, 0);
    CU_ASSERT_TRUE(refused > INPUTS / 2 && refused < INPUTS - INPUTS / 10);
    CU_ASSERT_EQUAL(heap.blocks, 0);
    deflateEnd(&deflater);
    free(whole.bytes);
    free(pieces.bytes);
}

/* Two messages that zlib has compressed for a window of 2^15, of which some bits are changed. */
static size_t write_messages(z_stream *deflater, uint8_t *out, size_t *first_bytes,
                             uint32_t *random)
{
    uint8_t message[1200];
    size_t letters = 2 + next_random(random) % 16;
    size_t bytes = 0;

    deflateReset(deflater);
    deflateParams(deflater, 1 + (int)(next_random(random) % 9),
                  next_random(random) % 2 ? Z_FIXED : Z_DEFAULT_STRATEGY);
    for (int i = 0; i < 2; i++) {
        size_t count = 1 + next_random(random) % sizeof(message);

        for (size_t j = 0; j < count; j++)
            message[j] = (uint8_t)(next_random(random) % letters);
        *first_bytes = bytes;
        bytes += deflate_message(deflater, message, count, out + bytes);
    }
    for (size_t changes = next_random(random) % 3; changes > 0; changes--) {
        size_t bit = next_random(random) % (8 * bytes);

        out[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }

    return bytes;
}

static void every_window_is_judged_as_by_the_reference(void)
{
    enum { INPUTS = 4000, OUTPUT_MAX = 300000 };
    static uint8_t messages[2 * INPUT_MAX];
    static uint8_t wanted[OUTPUT_MAX];
    static struct reference_window window;
    struct received received = received_new(OUTPUT_MAX);
    uint32_t random = 6;
    size_t refused = 0;
    z_stream deflater;

    deflater_init(&deflater, 15);
    for (int i = 0; i < INPUTS; i++) {
        unsigned window_bits = 8 + (unsigned)i % 8;
        size_t first_bytes = 0;
        size_t bytes = write_messages(&deflater, messages, &first_bytes, &random);
        size_t ends[] = {first_bytes, bytes};
        size_t room = 1 + next_random(&random) % ROOM_MAX;
        size_t at = 0;
        bool is_valid = true;
        struct inflater inflater;
        char row[40];

        snprintf(row, sizeof(row), "input %d, %u bits", i, window_bits);
        window.known = 0;
        inflater_init(&inflater, window_bits, true);
        for (int m = 0; m < 2 && is_valid; at = ends[m++]) {
            size_t wanted_bytes = reference_inflate(
                &window, (size_t)1 << window_bits, messages + at, ends[m] - at, wanted, OUTPUT_MAX);

            received.count = 0;
            is_valid =
                feed_in_pieces(&inflater, messages + at, ends[m] - at, 0,
                               1 + next_random(&random) % 500, room, &received) == INFLATER_DONE;
            CHECK_ROW(is_valid == (wanted_bytes != REFERENCE_INVALID), row);
            if (is_valid)
                CHECK_ROW(is_received(&received, wanted, wanted_bytes), row);
        }
        refused += !is_valid;
        inflater_fini(&inflater);
    }
    CU_ASSERT_TRUE(refused > INPUTS / 4 && refused < INPUTS - INPUTS / 4);
    CU_ASSERT_EQUAL(received.broken_promises, 0);
    CU_ASSERT_EQUAL(heap.blocks, 0);
    deflateEnd(&deflater);
    free(received.bytes);
}

static void memory_is_held_only_while_it_is_needed(void)
{
    for (int keeps_context = 0; keeps_context < 2; keeps_context++) {
        for (unsigned window_bits = 8; window_bits <= 15; window_bits++) {
            struct received received = received_new(100);
            struct inflater inflater;

            memset(&inflater, 0xFF, sizeof(inflater));
            heap.taken_bytes = 0;
            inflater_init(&inflater, window_bits, keeps_context);
            CU_ASSERT_EQUAL(heap.blocks, 0);

            for (int i = 0; i < 3; i++) {
                CU_ASSERT_FALSE(feed(&inflater, (const uint8_t *)HELLO, 4, false, 5, &received));
                CU_ASSERT_EQUAL(heap.blocks, 2);
                CU_ASSERT_FALSE(feed(&inflater, (const uint8_t *)HELLO + 4, 3, true, 5, &received));
                CU_ASSERT_EQUAL(heap.blocks, keeps_context ? 2 : 0);
            }
            CU_ASSERT_TRUE(heap.taken_bytes / (keeps_context ? 1 : 3) <=
                           8192 + ((size_t)1 << window_bits));
            CU_ASSERT_TRUE(is_received(&received, "HelloHelloHello", 15));
            inflater_fini(&inflater);
            CU_ASSERT_EQUAL(heap.blocks, 0);
            inflater_fini(&inflater);
            free(received.bytes);
        }
    }
}

static void memory_is_given_back_wherever_a_message_ends(void)
{
    for (int keeps_context = 0; keeps_context < 2; keeps_context++) {
        for (size_t bytes = 0; bytes <= 7; bytes++) {
            struct received received = received_new(100);
            struct inflater inflater;

            inflater_init(&inflater, 15, keeps_context);
            CU_ASSERT_FALSE(feed(&inflater, (const uint8_t *)HELLO, bytes, false, 7, &received));
            CU_ASSERT_NOT_EQUAL(heap.blocks, 0);
            inflater_fini(&inflater);
            CU_ASSERT_EQUAL(heap.blocks, 0);

            /* the storage serves again */
            received.count = 0;
            inflater_init(&inflater, 15, keeps_context);
            CU_ASSERT_FALSE(feed_whole(&inflater, (const uint8_t *)HELLO, 7, &received));
            CU_ASSERT_TRUE(is_received(&received, "Hello", 5));
            inflater_fini(&inflater);
            free(received.bytes);
        }
    }
}

static void lack_of_memory_is_reported(void)
{
    static const struct {
        const char *name;
        size_t blocks_max;
        bool refuses_calloc;
        unsigned window_bits;
    } rows[] = {
        {"none at all", 0, false, 15},
        {"none for the window", 1, false, 15},
        {"none for the window of a small window", 1, false, 9},
        {"none for the distances", SIZE_MAX, true, 9},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct received received = received_new(100);
        struct inflater inflater;

        inflater_init(&inflater, rows[i].window_bits, true);
        heap.blocks_max = rows[i].blocks_max;
        heap.refuses_calloc = rows[i].refuses_calloc;
        CHECK_ROW(feed_whole(&inflater, (const uint8_t *)HELLO, 7, &received) == INFLATER_NO_MEMORY,
                  rows[i].name);
        CHECK_ROW(!received.count && !received.broken_promises, rows[i].name);
        inflater_fini(&inflater);
        CHECK_ROW(!heap.blocks, rows[i].name);
        heap.blocks_max = SIZE_MAX;
        heap.refuses_calloc = false;
        free(received.bytes);
    }
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        TEST(messages_of_every_window_come_out_as_they_went_in),
        TEST(a_message_may_be_cut_anywhere),
        TEST(messages_end_where_rfc_7692_says),
        TEST(what_is_no_whole_message_is_invalid),
        TEST(an_empty_last_piece_ends_a_message),
        TEST(messages_know_none_before_them_without_context),
        TEST(output_does_not_wait_for_input_to_come),
        TEST(output_that_fills_its_room_may_have_been_all),
        TEST(references_reach_to_the_end_of_the_window_and_no_further),
        TEST(references_within_a_message_reach_no_further),
        TEST(a_message_can_become_much_larger),
        TEST(garbage_is_judged_alike_in_any_pieces),
        TEST(every_window_is_judged_as_by_the_reference),
        TEST(memory_is_held_only_while_it_is_needed),
        TEST(memory_is_given_back_wherever_a_message_ends),
        TEST(lack_of_memory_is_reported),
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"inflater", map_memory, NULL, NULL, NULL, tests},
        CU_SUITE_INFO_NULL,
    };

    return runner_main(argc, argv, suites);
}
