/*
 * embed.c - what `rein -p PROMPT` does, in a host of your own: open the library, send a prompt, let
 * things happen, and print the answer.
 *
 *     cc embed.c $(pkg-config --cflags --libs librein) -o embed
 */
#include <rein.h>
#include <stdio.h>

static void print(void *data, const char *bytes, size_t size) { fwrite(bytes, 1, size, data); }

int main(int argc, char **argv)
{
    rein *r;
    rein_session *s;
    rein_door *door;
    rein_error err;
    int code;

    if (argc != 2)
        return fprintf(stderr, "usage: embed PROMPT\n"), 1;
    if (rein_open(NULL, &r, &err))
        return fprintf(stderr, "embed: %s\n", err.text), 1;
    if (rein_session_open(r, NULL, &s, &err) ||
        rein_door_open(s, "text", print, stdout, &door, &err) || rein_send(s, argv[1], &err))
        return fprintf(stderr, "embed: %s\n", err.text), rein_close(r), 1;
    while (!rein_is_idle(s))
        rein_turn(r, -1);
    code = rein_door_close(door);
    if (code)
        fprintf(stderr, "embed: no answer: %s\n", rein_turn_result(s));
    rein_close(r);
    return code;
}
