# What the one table of notes-store.c means; see storehookd.conf(5).

[messages]
table=notes
key=id
text=note
sender=author
subject=title
