"""Protocols: what will be run and what is expected of it, fixed, reviewed and signed before anything is trained."""

from worldprobe.protocol.brief import brief
from worldprobe.protocol.document import REVIEWS, Protocol, make_protocol, read_protocol
from worldprobe.protocol.protocol_folder import add_audit, check_planned, file_audit, plan
from worldprobe.protocol.registration import register
from worldprobe.protocol.sign_offs import SignOff, lacking, reviews, sign

__all__ = [
    "REVIEWS",
    "Protocol",
    "SignOff",
    "add_audit",
    "brief",
    "check_planned",
    "file_audit",
    "lacking",
    "make_protocol",
    "plan",
    "read_protocol",
    "register",
    "reviews",
    "sign",
]
