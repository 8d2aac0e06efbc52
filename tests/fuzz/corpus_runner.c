/*
 * corpus_runner.c - a fuzzer's entry without a fuzzing engine: feeds it every file of the folders
 * given, and every beginning of the small ones. It knows nothing of what is tested.
 *
 * Each input is a block of its own of exactly its size, so that AddressSanitizer sees a read past
 * its end.
 */
#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

enum { INPUT_MAX = 1 << 20, CUT_MAX = 2048 };

static void feed(const uint8_t *bytes, size_t n)
{
    uint8_t *exact = malloc(n ? n : 1);

    if (!exact)
        abort();
    memcpy(exact, bytes, n);
    LLVMFuzzerTestOneInput(exact, n);
    free(exact);
}

static bool feed_file(const char *path)
{
    static uint8_t bytes[INPUT_MAX];
    FILE *f = fopen(path, "rb");
    size_t n;

    if (!f) {
        perror(path);
        return false;
    }
    n = fread(bytes, 1, sizeof bytes, f);
    fclose(f);
    feed(bytes, n);
    for (size_t cut = 0; n <= CUT_MAX && cut < n; cut++)
        feed(bytes, cut);
    return true;
}

static long feed_folder(const char *path)
{
    DIR *folder = opendir(path);
    struct dirent *entry;
    long count = 0;

    if (!folder) {
        perror(path);
        return -1;
    }
    while ((entry = readdir(folder))) {
        char name[4096];
        int n = snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
        if (entry->d_name[0] == '.' || n < 0 || (size_t)n >= sizeof name)
            continue;
        if (!feed_file(name)) {
            count = -1;
            break;
        }
        count++;
    }
    closedir(folder);
    return count;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        long count = feed_folder(argv[i]);
        if (count <= 0) {
            fprintf(stderr, "%s: no corpus; put a few small inputs there\n", argv[i]);
            return 1;
        }
        printf("%s: %ld inputs\n", argv[i], count);
    }
    return 0;
}
