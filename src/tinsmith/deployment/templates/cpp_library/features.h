/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a window of raw values from text: numbers separated by commas, spaces or line ends. */
#ifndef FEATURES_H
#define FEATURES_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Longest number understood, in characters. */
#define FEATURES_TOKEN 63

/* Next character of the file, or of the text when there is no file; EOF at the end. */
static int features_next(FILE *file, const char **text) {
    if (file) {
        return fgetc(file);
    }
    return **text ? (unsigned char)*(*text)++ : EOF;
}

static int features_is_separator(int c) {
    return c == ',' || c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Reads one number into `token`; 0 at the end of the input, -1 when it is too long. */
static int features_token(FILE *file, const char **text, char *token) {
    size_t length = 0;
    int c = features_next(file, text);
    while (c != EOF && features_is_separator(c)) {
        c = features_next(file, text);
    }
    for (; c != EOF && !features_is_separator(c); c = features_next(file, text)) {
        if (length == FEATURES_TOKEN) {
            return -1;
        }
        token[length++] = (char)c;
    }
    token[length] = '\0';
    return length > 0;
}

/* Fills `values` [count] from a file or, without one, from `text`. 0 on success, else says why. */
static int features_read(FILE *file, const char *text, float *values, size_t count) {
    char token[FEATURES_TOKEN + 1];
    size_t found = 0;
    int more;
    while ((more = features_token(file, &text, token)) > 0) {
        char *end;
        float value = strtof(token, &end);
        if (*end != '\0' || value - value != 0.0f) {
            fprintf(stderr,
                    "error: value %lu is '%s'; expected a finite number\n",
                    (unsigned long)found + 1,
                    token);
            return 1;
        }
        if (found < count) {
            values[found] = value;
        }
        found++;
    }
    if (more < 0) {
        fprintf(stderr,
                "error: value %lu is longer than %d characters\n",
                (unsigned long)found + 1,
                FEATURES_TOKEN);
        return 1;
    }
    if (found != count) {
        fprintf(stderr,
                "error: got %lu values; expected %lu\n",
                (unsigned long)found,
                (unsigned long)count);
        return 1;
    }
    return 0;
}

/* The window on the command line: a file, '-' for standard input, or the numbers themselves. */
static int features_from_arguments(int argc, char **argv, float *values, size_t count) {
    if (argc != 2) {
        fprintf(stderr,
                "usage: %s FILE | - | 'number,number,...'  (%lu raw values of one window)\n",
                argv[0],
                (unsigned long)count);
        return 1;
    }
    if (strcmp(argv[1], "-") == 0) {
        return features_read(stdin, NULL, values, count);
    }
    FILE *file = fopen(argv[1], "r");
    int failed = features_read(file, argv[1], values, count);
    if (file) {
        fclose(file);
    }
    return failed;
}

#endif
