#pragma once

/**
 * Returns the whole of the file @path as text, which the caller frees. Where it cannot be read the
 * running test fails, and the text is empty.
 */
char *text_file_read(const char *path);
