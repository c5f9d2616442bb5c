#include <ctype.h>
#include <fts.h>
#include <glob.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check_text.h"
#include "runner.h"
#include "text_file.h"

/*
 * What documents refer to is there: files and folders of the source tree, other documents and their
 * headings, tests. A row that fails says which document names what.
 */

#define README_LINES_MAX 150

/* A document, and what it is called in the source tree. */
struct document {
    const char *name;
    const char *text;
};

/* Where documents are, and examples whose comments refer to them. */
static const char *const places[] = {
    "*.md", "docs/*.md", "bench/*.md", "conf/container/*", "conf/proxies/*", "conf/systemd/*",
};

static bool is_markdown(const char *name)
{
    size_t bytes = strlen(name);

    return bytes > 3 && !strcmp(name + bytes - 3, ".md");
}

/* Runs @check with each document, and returns how many there are. */
static size_t each_document(void (*check)(const struct document *document))
{
    size_t count = 0;

    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        char pattern[400];
        glob_t found;

        snprintf(pattern, sizeof(pattern), "%s/%s", ECHO_SOURCE_DIR, places[i]);
        CHECK_ROW(!glob(pattern, 0, NULL, &found), places[i]);
        for (size_t f = 0; f < found.gl_pathc; f++) {
            char *text = text_file_read(found.gl_pathv[f]);
            const struct document document = {found.gl_pathv[f] + sizeof(ECHO_SOURCE_DIR), text};

            check(&document);
            free(text);
            count++;
        }
        globfree(&found);
    }

    return count;
}

/* Says for a failure what a document refers to; the text is valid until the next call. */
static const char *reference(const struct document *document, const char *what)
{
    static char said[300];

    snprintf(said, sizeof(said), "%.100s: %.190s", document->name, what);

    return said;
}

/* Says whether the source tree has @path, which may be a pattern; a folder, if it ends in "/". */
static bool exists(const char *path)
{
    char pattern[600];
    glob_t found;
    bool there;

    snprintf(pattern, sizeof(pattern), "%s/%s", ECHO_SOURCE_DIR, path);
    if (!strchr(path, '*'))
        return !access(pattern, F_OK);
    there = !glob(pattern, 0, NULL, &found);
    globfree(&found);

    return there;
}

/* What paths of the source tree begin with. */
static const char *const folders[] = {
    "app/", "bench/", "cmake/", "conf/", "docs/", "mount-origin/", "plugin/", "script/", "tests/",
};

#define FOLDER_COUNT (sizeof(folders) / sizeof(folders[0]))
#define PATH_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./*"

/*
 * Copies the next path of the source tree that @text names to @path. Returns where to go on, or
 * NULL when there is none. A longer path that has one inside, as a URL does, does not count.
 */
static const char *next_path(const char *text, char *path, size_t size)
{
    while (*(text += strcspn(text, PATH_CHARACTERS))) {
        size_t bytes = strspn(text, PATH_CHARACTERS);
        const char *word = text;

        text += bytes;
        while (bytes && strchr(".-", word[bytes - 1]))
            bytes--;
        for (size_t i = 0; i < FOLDER_COUNT; i++)
            if (bytes < size && !strncmp(word, folders[i], strlen(folders[i]))) {
                snprintf(path, size, "%.*s", (int)bytes, word);
                return text;
            }
    }

    return NULL;
}

static size_t path_count;

static void check_paths(const struct document *document)
{
    const char *text = document->text;
    char path[200];

    while ((text = next_path(text, path, sizeof(path)))) {
        CHECK_ROW(exists(path), reference(document, path));
        path_count++;
    }
}

static void files_and_folders_that_documents_name_exist(void)
{
    path_count = 0;
    CU_ASSERT_TRUE(each_document(check_paths) > 10);
    CU_ASSERT_TRUE(path_count > 100);
}

static void paths_are_found_in_text(void)
{
    static const struct {
        const char *name;
        const char *text;
        const char *path; /* "": none */
    } rows[] = {
        {"file", "see `plugin/plugin.c`, the callback", "plugin/plugin.c"},
        {"folder", "see `docs/`", "docs/"},
        {"end of a sentence", "It is in app/main.c.", "app/main.c"},
        {"command", "    script/test --quick", "script/test"},
        {"pattern", "tests/page/*.test.js", "tests/page/*.test.js"},
        {"second word", "x conf/echo.json", "conf/echo.json"},
        {"no folder", "a file echo.json", ""},
        {"a name that begins alike", "plugins/x, documents", ""},
        {"inside a longer path", "build/dev/tests/wire/wire_close, /usr/share/conf/x", ""},
        {"URL", "https://example.org/docs/x", ""},
        {"empty", "", ""},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char path[200] = "";

        next_path(rows[i].text, path, sizeof(path));
        CHECK_TEXT(path, rows[i].path, rows[i].name);
    }
}

static void what_does_not_exist_is_missed(void)
{
    CU_ASSERT_TRUE(exists("plugin/plugin.c"));
    CU_ASSERT_TRUE(exists("plugin/core/"));
    CU_ASSERT_TRUE(exists("docs/*.md"));
    CU_ASSERT_FALSE(exists("plugin/plugin.c/")); /* is no folder */
    CU_ASSERT_FALSE(exists("plugin/nothing.c"));
    CU_ASSERT_FALSE(exists("plugin/nothing/"));
    CU_ASSERT_FALSE(exists("docs/*.nothing"));
}

/* Writes what a link to @heading, the text up to the end of its line, has after its "#". */
static void make_anchor(const char *heading, char *anchor, size_t size)
{
    size_t bytes = 0;

    for (; *heading && *heading != '\n' && bytes + 1 < size; heading++) {
        unsigned char c = (unsigned char)*heading;

        if (c == ' ')
            anchor[bytes++] = '-';
        else if (isalnum(c) || c == '-' || c == '_' || c >= 0x80)
            anchor[bytes++] = (char)tolower(c);
    }
    anchor[bytes] = '\0';
}

/* Says whether @text, in Markdown, has a heading to which "#" and @anchor lead. */
static bool has_heading(const char *text, const char *anchor)
{
    bool code = false;

    for (const char *line = text; line; line = strchr(line, '\n')) {
        const char *heading;
        char found[200];

        line += *line == '\n';
        heading = line + strspn(line, "#");
        if (!strncmp(line, "```", 3))
            code = !code;
        if (code || heading == line || *heading != ' ')
            continue;
        make_anchor(heading + 1, found, sizeof(found));
        if (!strcmp(found, anchor))
            return true;
    }

    return false;
}

/* Says whether @target, a file and perhaps "#" and an anchor, leads somewhere from @document. */
static bool leads_somewhere(const struct document *document, const char *target)
{
    const char *slash = strrchr(document->name, '/');
    int folder_bytes = slash ? (int)(slash + 1 - document->name) : 0;
    int file_bytes = (int)strcspn(target, "#");
    const char *anchor = target[file_bytes] ? target + file_bytes + 1 : NULL;
    char file[600];
    char *text;
    bool found;

    if (file_bytes)
        snprintf(file, sizeof(file), "%s/%.*s%.*s", ECHO_SOURCE_DIR, folder_bytes, document->name,
                 file_bytes, target);
    else
        snprintf(file, sizeof(file), "%s/%s", ECHO_SOURCE_DIR, document->name);
    if (!anchor || access(file, R_OK))
        return !access(file, R_OK);

    text = text_file_read(file);
    found = has_heading(text, anchor);
    free(text);

    return found;
}

static size_t link_count;

static void check_links(const struct document *document)
{
    static const char open[] = "](";
    const char *text = document->text;

    while (is_markdown(document->name) && (text = strstr(text, open))) {
        char target[200];

        text += strlen(open);
        snprintf(target, sizeof(target), "%.*s", (int)strcspn(text, ")\n"), text);
        if (strstr(target, "://"))
            continue;
        CHECK_ROW(leads_somewhere(document, target), reference(document, target));
        link_count++;
    }
}

static void links_between_documents_lead_somewhere(void)
{
    link_count = 0;
    each_document(check_links);
    CU_ASSERT_TRUE(link_count > 30);
}

static void links_are_followed_as_readers_would(void)
{
    static const struct document root = {"README.md", ""};
    static const struct document below = {"docs/protocol.md", ""};
    static const struct {
        const char *name;
        const struct document *document;
        const char *target;
        bool leads;
    } rows[] = {
        {"file", &root, "docs/protocol.md", true},
        {"file beside it", &below, "configuration.md", true},
        {"file above it", &below, "../README.md", true},
        {"no file", &below, "README.md", false},
        {"heading", &root, "docs/protocol.md#closing-sections-551-7", true},
        {"heading of its own", &below, "#compression-rfc-7692", true},
        {"no heading", &below, "#compression", false},
        {"heading of no file", &root, "docs/nothing.md#x", false},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        CHECK_ROW(leads_somewhere(rows[i].document, rows[i].target) == rows[i].leads, rows[i].name);
}

static void headings_are_found_outside_of_code(void)
{
    static const char text[] = "# A `b-c` d_e, f!\n```\n# In code\n```\n## Last";

    CU_ASSERT_TRUE(has_heading(text, "a-b-c-d_e-f"));
    CU_ASSERT_TRUE(has_heading(text, "last"));
    CU_ASSERT_FALSE(has_heading(text, "in-code"));
    CU_ASSERT_FALSE(has_heading(text, "b"));
}

#define NAME_CHARACTERS "abcdefghijklmnopqrstuvwxyz0123456789_"

/*
 * Copies the next name of a test that @text has in backticks to @name. Names of tests are
 * sentences: other names have fewer than four underscores. Returns where to go on, or NULL.
 */
static const char *next_test(const char *text, char *name, size_t size)
{
    while ((text = strchr(text, '`'))) {
        size_t bytes = strspn(++text, NAME_CHARACTERS);
        size_t underscores = 0;

        for (size_t i = 0; i < bytes; i++)
            underscores += text[i] == '_';
        if (text[bytes] == '`' && underscores >= 4 && bytes < size) {
            snprintf(name, size, "%.*s", (int)bytes, text);
            return text + bytes;
        }
    }

    return NULL;
}

static char *all_tests; /* the text of all files of tests */
static size_t test_count;

/* Returns the text of all files under tests/ in one; the caller frees it. */
static char *read_tests(void)
{
    char folder[] = ECHO_SOURCE_DIR "/tests";
    char *const folders_read[] = {folder, NULL};
    FTS *files = fts_open(folders_read, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    char *all = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&all, &size);
    FTSENT *file;

    if (!files || !out)
        abort();
    while ((file = fts_read(files)))
        if (file->fts_info == FTS_F) {
            char *text = text_file_read(file->fts_accpath);

            fprintf(out, "%s\n", text);
            free(text);
        }
    fts_close(files);
    if (fclose(out) || !all)
        abort();

    return all;
}

/* Says whether @text has the word @name. */
static bool has_word(const char *text, const char *name)
{
    size_t bytes = strlen(name);

    for (const char *p = text; (p = strstr(p, name)); p += bytes)
        if (!strspn(p + bytes, NAME_CHARACTERS) && (p == text || !strchr(NAME_CHARACTERS, p[-1])))
            return true;

    return false;
}

static void check_tests(const struct document *document)
{
    const char *text = document->text;
    char name[120];

    while ((text = next_test(text, name, sizeof(name)))) {
        CHECK_ROW(has_word(all_tests, name), reference(document, name));
        test_count++;
    }
}

static void tests_that_documents_name_exist(void)
{
    test_count = 0;
    all_tests = read_tests();
    each_document(check_tests);
    CU_ASSERT_TRUE(test_count > 8);
    free(all_tests);
}

static void names_of_tests_are_whole_words_in_backticks(void)
{
    static const char text[] = "void a_b_c_d_e(void)";
    char name[20] = "";

    CU_ASSERT_PTR_NOT_NULL(next_test("see `x`, `a_b_c_d_e` and", name, sizeof(name)));
    CHECK_TEXT(name, "a_b_c_d_e", "in backticks");
    CU_ASSERT_PTR_NULL(next_test("a_b_c_d_e", name, sizeof(name)));
    CU_ASSERT_PTR_NULL(next_test("`a_b_c_d`", name, sizeof(name)));
    CU_ASSERT_PTR_NULL(next_test("`a_b_c_d_e()`", name, sizeof(name)));
    CU_ASSERT_TRUE(has_word(text, "a_b_c_d_e"));
    CU_ASSERT_FALSE(has_word(text, "a_b_c_d"));
    CU_ASSERT_FALSE(has_word(text, "b_c_d_e"));
}

static void the_readme_is_short(void)
{
    char *text = text_file_read(ECHO_SOURCE_DIR "/README.md");
    size_t lines = 0;

    for (const char *p = text; (p = strchr(p, '\n')); p++)
        lines++;
    CU_ASSERT_TRUE(lines <= README_LINES_MAX);
    free(text);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        TEST(files_and_folders_that_documents_name_exist),
        TEST(paths_are_found_in_text),
        TEST(what_does_not_exist_is_missed),
        TEST(links_between_documents_lead_somewhere),
        TEST(links_are_followed_as_readers_would),
        TEST(headings_are_found_outside_of_code),
        TEST(tests_that_documents_name_exist),
        TEST(names_of_tests_are_whole_words_in_backticks),
        TEST(the_readme_is_short),
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"references", NULL, NULL, NULL, NULL, tests},
        CU_SUITE_INFO_NULL,
    };

    return runner_main(argc, argv, suites);
}
