/* Options as a configuration of lwsws hands them over: texts, in any order. */

#include <string.h>

#include "core/base/address.h"
#include "core/handshake.h"
#include "core/options.h"
#include "fuzz.h"

/* Takes the text up to the next line end, as a string to be freed. */
static char *take_line(struct fuzz_input *input)
{
    const uint8_t *end = memchr(input->data, '\n', input->bytes);
    size_t bytes = end ? (size_t)(end - input->data) : input->bytes;
    char *line = malloc(bytes + 1);

    FUZZ_CHECK(line);
    memcpy(line, input->data, bytes);
    line[bytes] = '\0';
    input->data += bytes + (end != NULL);
    input->bytes -= bytes + (end != NULL);

    return line;
}

/* What is in force is always something that the rows allow. */
static void check_in_force(const struct options *options)
{
    struct setting_table table = options_table();

    for (size_t i = 0; i < table.count; i++) {
        const struct setting *row = &table.rows[i];
        uint64_t number;

        if (row->type == SETTING_TEXT || row->type == SETTING_LIST) {
            const char *text = setting_text(row, options);
            const char *item;
            size_t bytes;

            FUZZ_CHECK(strlen(text) <= row->max);
            for (const char *rest = text;
                 row->type == SETTING_LIST && setting_list_next(&rest, &item, &bytes);)
                FUZZ_CHECK(bytes && !memchr(item, ',', bytes) && item[0] != ' ');
        } else if (setting_is_number(row)) {
            number = setting_number(row, options);
            FUZZ_CHECK((number >= row->min && number <= row->max) ||
                       (row->word && number == SETTING_WORD));
        } else {
            FUZZ_CHECK(setting_text(row, options) != NULL);
        }
    }
}

/* What is set, as --print-config shows it, sets the same. */
static void check_round_trip(const struct options *options, const char *key)
{
    const struct setting *row = setting_find(options_table(), key);
    struct options again = *options;
    struct setting_error error;
    char number[40];

    if (setting_is_number(row))
        setting_write_number(row, options, number, sizeof(number));
    FUZZ_CHECK(!setting_set(options_table(), &again, key,
                            setting_is_number(row) ? number : setting_text(row, options), &error));
    FUZZ_CHECK(!memcmp(&again, options, sizeof(again)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    struct fuzz_input input = {data, bytes};
    struct options options;

    memset(&options, 0, sizeof(options));
    setting_defaults(options_table(), &options);
    while (input.bytes) {
        char *key = take_line(&input);
        char *value = take_line(&input);
        struct options before = options;
        struct setting_error error = {"", ""};
        struct address peer;

        if (setting_set(options_table(), &options, key, value, &error)) {
            FUZZ_CHECK(error.text[0]);
            FUZZ_CHECK(memchr(error.key, '\0', sizeof(error.key)) &&
                       memchr(error.text, '\0', sizeof(error.text)));
            for (const char *c = error.text; *c; c++)
                FUZZ_CHECK((unsigned char)*c >= ' ' && *c != 0x7f);
            FUZZ_CHECK(!memcmp(&before, &options, sizeof(options)));
        } else {
            check_in_force(&options);
            check_round_trip(&options, key);
        }

        /* requests are compared with lists of the options */
        handshake_key_is_valid(value);
        handshake_origin_is_allowed(options.allowed_origins, value);
        handshake_choose_subprotocol(options.subprotocols, "own", value);
        if (address_read(&peer, key, strlen(key)))
            address_origin(&peer, value, options.trusted_proxies);
        free(key);
        free(value);
    }
    if (!options_check(&options, true, &(struct setting_error){"", ""}))
        FUZZ_CHECK(options_service_buffer_bytes(&options) >= 16384);

    return 0;
}
