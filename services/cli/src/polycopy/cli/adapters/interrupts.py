"""Until a command runs, Ctrl-C ends the program at once; loading all else takes half a second, and
nobody wants a traceback of that. To be imported before anything that is slow."""

import signal

signal.signal(signal.SIGINT, signal.SIG_DFL)
