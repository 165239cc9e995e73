"""Patterns that a machine-written prompt must not contain: addresses and secrets.

They err towards rejection, because a proposal is cheap and a leak is not. They are matched against
the plain form of a text (`core.unicode`), so that letters of another width hide nothing.
"""

from __future__ import annotations

import re

ADDRESS = re.compile(
    r"""
      \b[a-z][a-z0-9+.-]{0,20}://[^\s<>"')\]]*         # any scheme
    | \bmailto:\S+
    | \bwww\.[^\s<>"')\]]+
    | \b[\w.+-]{1,64}@[\w-]+\.\w+                      # mailboxes
    | (?<![\w.@-])(?!asp\.net\b)(?:[\w-]+\.)+
        (?:com|org|net|edu|gov|mil|int|io|ai|co|dev|app|xyz|info|biz|tech|site|online|store|cloud
        |club|shop|top|icu|link|click|live|onion|tk|ru|cn|su|de|fr|uk|eu|jp|kr|br|nl|ch)\b(?!\.\w)
    | (?<![\w.@/-])(?:[\w-]{2,63}\.){1,4}[a-z]{2,24}(?::\d{2,5})?/(?=\w)[^\s<>"')\]]*
    | (?<![\w.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![\w.]\d|\w)
    | (?<![\w:])(?=[0-9a-f:]*\d)(?:[0-9a-f]{1,4}:){3,7}[0-9a-f]{1,4}\b     # IPv6, MAC
    | (?<![\w:])(?=[0-9a-f:]*\d)(?:[0-9a-f]{1,4}:){1,6}:[0-9a-f]{1,4}\b    # IPv6, shortened
    | (?<![\w/<.~])~?/(?:[\w.-]+/)+[\w.-]*             # absolute paths, from the root or a home
    | (?<!\w)~/[\w.-]+
    | \b[a-z]:\\(?=\w)[^\s"']*
    | (?<!\\)\\\\[\w.-]+\\[\w$.-]+
    """,
    re.IGNORECASE | re.VERBOSE,
)
"""Addresses of web pages, mailboxes and machines, and file paths, which often contain names."""

KEY = re.compile(
    r"""
      \b(?:sk|pk|rk|gh[opsu]|xox[abeprs]|hf|glpat|npm|pypi|dop_v1|github_pat)
        [-_](?=[-_A-Za-z]*[0-9])[-_A-Za-z0-9]{12,}
    | \b(?:AKIA|ASIA)[A-Z0-9]{12,}
    | \bAIza[-_A-Za-z0-9]{30,}
    | \beyJ[-_A-Za-z0-9]{8,}\.[-_A-Za-z0-9]{8,}        # a JSON web token
    | -----BEGIN\ [A-Z ]*PRIVATE\ KEY
    | \b[A-Fa-f0-9]{32,}\b
    | \b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b  # a UUID
    | \b(?i:bearer|password|passwd|passphrase|secret|api[ _-]?key|access[ _-]?token)
        (?:\s*[:=]\s*|\s+)["']?(?=\S*\d)[^\s"']{6,}
    | (?<![A-Za-z0-9])(?=[A-Za-z0-9]*[a-z])(?=[A-Za-z0-9]*[A-Z])(?=[A-Za-z0-9]*\d[A-Za-z])
        [A-Za-z0-9]{20,}                               # letters and digits that look random
    """,
    re.VERBOSE,
)
"""Tokens of well-known services, private keys, and equally random strings."""

NAME_OF_A_FIRM = re.compile(r"(?-i:[A-Z])[\w-]*(?:\.[\w-]+)+")
"""Companies named after their address, as in the news: `Amazon.com`."""
