"""GstRTSPSessionPool behind JSON lines: one history a line in, what each step answered a line out.

Runs with session-pool-clock.c preloaded, whose path is the argument.
"""

import ctypes
import json
import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import Gst, GstRtspServer  # noqa: E402

Gst.init(None)
clock = ctypes.CDLL(sys.argv[1])
clock.set_monotonic_time.argtypes = [ctypes.c_int64]

FILTER = {
    "keep": GstRtspServer.RTSPFilterResult.KEEP,
    "ref": GstRtspServer.RTSPFilterResult.REF,
    "remove": GstRtspServer.RTSPFilterResult.REMOVE,
}


class Pool(GstRtspServer.RTSPSessionPool):
    """A pool whose ids come from a list."""

    def do_create_session_id(self):
        return self.ids.pop(0)


class World:
    def __init__(self, ids):
        self.now = 1_000_000_000
        clock.set_monotonic_time(self.now)
        self.pool = Pool()
        self.pool.ids = ids
        self.removed = []
        self.sessions = []
        self.pool.connect("session-removed", lambda _, each: self.removed.append(each.get_sessionid()))

    def remaining(self, session):
        ms = session.next_timeout_usec(self.now)
        return None if ms == -1 else ms

    def step(self, verb, *args):
        if verb == "create":
            session = self.pool.create()
            if session is None:
                return None
            session.set_timeout(args[0])
            session.set_property("extra-timeout", args[1])
            self.sessions.append(session)
            return session.get_sessionid()
        if verb == "advance":
            self.now += round(args[0] * 1000)
            clock.set_monotonic_time(self.now)
            return None
        if verb == "cleanup":
            return self.pool.cleanup()
        if verb == "max":
            self.pool.set_max_sessions(args[0])
            return self.pool.get_max_sessions()
        if verb == "size":
            return self.pool.get_n_sessions()
        if verb == "filter":
            answers = args[0]
            listed = self.pool.filter(lambda _, each: FILTER[answers.get(each.get_sessionid(), "keep")])
            return sorted(each.get_sessionid() for each in listed)
        if verb == "list":
            return sorted(each.get_sessionid() for each in self.pool.filter(None))
        if verb == "find":
            found = self.pool.find(args[0])
            return None if found is None else found.get_sessionid()
        session = self.sessions[args[0]]
        if verb == "remove":
            return self.pool.remove(session)
        if verb == "touch":
            return session.touch()
        if verb == "timeout":
            session.set_timeout(args[1])
            return session.get_timeout()
        if verb == "prevent":
            return session.prevent_expire()
        if verb == "allow":
            return session.allow_expire()
        if verb == "remaining":
            return self.remaining(session)
        if verb == "expired":
            return session.is_expired_usec(self.now)
        if verb == "header":
            session.set_property("timeout-always-visible", args[1])
            return session.get_header()
        raise ValueError(verb)


for line in sys.stdin:
    history = json.loads(line)
    world = World(history["ids"])
    answers = []
    for step in history["steps"]:
        world.removed.clear()
        answer = world.step(*step)
        answers.append({"answer": answer, "removed": sorted(world.removed)})
    print(json.dumps(answers), flush=True)
