# What the tables and columns of mailstored mean; see storehookd.conf(5).
# A section is a role, its keys are the columns by what they hold.

[messages]
table=messages
key=id
text=text
sender=sender
recipients=recipients
subject=subject

[attachments]
table=attachments
message=message
name=name
header=header
digest=digest
offset=offset
encoding=encoding

[contents]
table=contents
digest=digest
data=data

[entries]
table=entries
message=message
folder=folder

[folders]
table=folders
key=id
name=name
kind=kind
mailbox=mailbox

[mailboxes]
table=mailboxes
key=id
name=name
