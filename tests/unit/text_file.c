#include "text_file.h"

#include <stdio.h>
#include <stdlib.h>

#include "runner.h"

char *text_file_read(const char *path)
{
    FILE *stream = fopen(path, "rb");
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    int c;

    if (!out)
        abort();
    CHECK_ROW(stream, path);
    while (stream && (c = getc(stream)) != EOF)
        putc(c, out);
    if (fclose(out) || !text)
        abort();
    if (stream)
        fclose(stream);

    return text;
}
