/*
 * permessage-deflate: what is accepted must be among the offers, and a message inflated in pieces
 * must equal what a decoder of our own makes of the whole.
 */

#include <string.h>
#include <strings.h>

#include "core/deflate.h"
#include "core/inflater.h"
#include "fuzz.h"
#include "reference_inflate.h"

#define OUT_MAX ((size_t)1 << 20)

static void check_offers(const char *offers, bool no_context_takeover)
{
    struct deflate_answer answer;
    int result;

    memset(&answer, 0xff, sizeof(answer));
    result = deflate_negotiate(offers, no_context_takeover, &answer);
    FUZZ_CHECK(!result || !answer.offer);
    if (!answer.offer)
        return;

    FUZZ_CHECK(strstr(offers, DEFLATE_NAME));
    FUZZ_CHECK(answer.read_bytes <= strlen(offers));
    FUZZ_CHECK(
        answer.agreed.server_max_window_bits >= 8 && answer.agreed.server_max_window_bits <= 15 &&
        answer.agreed.client_max_window_bits >= 8 && answer.agreed.client_max_window_bits <= 15);
    FUZZ_CHECK(strlen(answer.parameters) <= DEFLATE_PARAMETERS_MAX);
    /* the answer has what it must have, and nothing it must not have (RFC 7692 section 7.1) */
    FUZZ_CHECK(answer.agreed.server_no_context_takeover ==
               (strstr(answer.parameters, "server_no_context_takeover") != NULL));
    FUZZ_CHECK(!strstr(answer.parameters, "client_max_window_bits") ||
               strcasestr(offers, "client_max_window_bits"));
    FUZZ_CHECK((answer.agreed.client_max_window_bits == 15) ||
               strstr(answer.parameters, "client_max_window_bits"));
    FUZZ_CHECK((answer.agreed.server_max_window_bits == 15) ||
               strstr(answer.parameters, "server_max_window_bits"));
    if (no_context_takeover)
        FUZZ_CHECK(answer.agreed.server_no_context_takeover &&
                   answer.agreed.client_no_context_takeover);
}

/* Inflates the whole message. Returns REFERENCE_INVALID where it is invalid, or too large. */
static size_t inflate_whole(struct reference_window *window, const uint8_t *message, size_t bytes,
                            unsigned window_bits, uint8_t *out)
{
    size_t out_bytes =
        reference_inflate(window, (size_t)1 << window_bits, message, bytes, out, OUT_MAX);

    return out_bytes == OUT_MAX ? REFERENCE_INVALID : out_bytes;
}

/* Inflates a message in pieces of @step, @room at a time. Returns whether another may follow. */
static bool check_message(struct inflater *inflater, struct reference_window *window,
                          const uint8_t *message, size_t bytes, size_t step, size_t room)
{
    static uint8_t wanted[OUT_MAX];
    static uint8_t got[OUT_MAX];
    size_t wanted_bytes = inflate_whole(window, message, bytes, inflater->window_bits, wanted);
    enum inflater_result result = INFLATER_DONE;
    size_t got_bytes = 0;
    size_t at = 0;

    do {
        const uint8_t *from = message + at;
        size_t piece = bytes - at < step ? bytes - at : step;
        size_t left = piece;
        size_t out;

        do {
            if (OUT_MAX - got_bytes < room) { /* a bomb */
                FUZZ_CHECK(wanted_bytes == REFERENCE_INVALID || wanted_bytes + room > OUT_MAX);
                return false;
            }
            result = inflater_next(inflater, &from, &left, at + piece == bytes, got + got_bytes,
                                   room, &out);
            FUZZ_CHECK(out <= room);
            got_bytes += out;
        } while (result == INFLATER_MORE);
        FUZZ_CHECK(result != INFLATER_NO_MEMORY);
        FUZZ_CHECK(result == INFLATER_INVALID || !left);
        at += piece;
    } while (result == INFLATER_DONE && at < bytes);

    FUZZ_CHECK((result == INFLATER_DONE) == (wanted_bytes != REFERENCE_INVALID));
    if (result == INFLATER_DONE)
        FUZZ_CHECK(got_bytes == wanted_bytes && !memcmp(got, wanted, got_bytes));

    return result == INFLATER_DONE;
}

/* Two messages, of which the second may refer to the first. */
static void check_messages(struct fuzz_input *input, unsigned window_bits)
{
    static struct reference_window window;
    size_t step = (size_t)1 + fuzz_byte(input);
    size_t room = (size_t)1 + fuzz_byte(input) * 64;
    size_t first_bytes = fuzz_byte(input);
    size_t bytes = SIZE_MAX;
    uint8_t *messages = fuzz_copy(input, &bytes);
    struct inflater inflater;

    if (first_bytes > bytes)
        first_bytes = bytes;
    window.known = 0;
    inflater_init(&inflater, window_bits, true);
    if (check_message(&inflater, &window, messages, first_bytes, step, room))
        check_message(&inflater, &window, messages + first_bytes, bytes - first_bytes, step, room);
    inflater_fini(&inflater);
    free(messages);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    struct fuzz_input input = {data, bytes};
    unsigned what = fuzz_byte(&input);

    if (what & 1) {
        check_messages(&input, 8 + (what >> 1) % 8);
    } else {
        char *offers = malloc(input.bytes + 1);

        FUZZ_CHECK(offers);
        memcpy(offers, input.data, input.bytes);
        offers[input.bytes] = '\0';
        check_offers(offers, what & 2);
        free(offers);
    }

    return 0;
}
