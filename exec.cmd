@rem npm's scripts say "exec node ...", so that a signal sent to npm reaches Node rather than a shell between
@rem them. Windows has no such command; this is it.
@%*
