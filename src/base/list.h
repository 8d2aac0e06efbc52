/* list.h - an intrusive, circular, doubly linked list. The head is a link too. */
#ifndef BASE_LIST_H
#define BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list {
    struct list *next, *prev;
};

static inline void list_init(struct list *l) { l->next = l->prev = l; }
static inline bool list_is_empty(const struct list *l) { return l->next == l; }
static inline void list_add(struct list *head, struct list *item) /* at the end */
{
    item->prev = head->prev, item->next = head;
    head->prev->next = item, head->prev = item;
}
static inline void list_remove(struct list *item) /* safe on an initialised, unlinked item */
{
    item->prev->next = item->next, item->next->prev = item->prev;
    item->next = item->prev = item;
}
#define list_of(link, type, member) ((type *)(void *)((char *)(link)-offsetof(type, member)))
/* The item may be removed inside the loop. */
#define list_each(link, head) \
    for (struct list *link = (head)->next, *link##_next = link->next; link != (head); \
         link = link##_next, link##_next = link->next)

#endif
