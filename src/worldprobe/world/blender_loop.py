"""What a Blender child does: answer one JSON request per line on stdin with one JSON reply per line on stdout.

What Blender itself prints goes to stderr. Arrays travel as files.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
import traceback
from collections.abc import Callable, Mapping
from typing import Any

PR_SET_PDEATHSIG = 1


class Refused(Exception):
    """What a command raises where the user's file is at fault: the message is for the user, without a traceback."""


def serve(commands: Mapping[str, Callable[..., dict[str, Any]]]) -> None:
    """Answer requests until stdin closes; an error is answered with its traceback and ends the process."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)  # a killed parent leaves no render behind
    replies = os.fdopen(os.dup(1), "w", encoding="utf8")
    os.dup2(2, 1)
    for line in sys.stdin:
        request = json.loads(line)
        try:
            reply = commands[request.pop("do")](**request)
        except BaseException as error:
            traceback.print_exc()
            said = {"refused": str(error)} if isinstance(error, Refused) else {"error": traceback.format_exc(limit=-2)}
            replies.write(json.dumps(said) + "\n")
            replies.flush()
            sys.exit(1)
        replies.write(json.dumps(reply) + "\n")
        replies.flush()
