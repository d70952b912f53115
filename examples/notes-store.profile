messages notes key=id text=note sender=author subject=title
