"""Patterns of text that a machine-written prompt must not have: addresses, secrets, injections.

They err on the side of rejection, because a proposal is cheap and a leak is not. They are matched
against text in Unicode form NFKC, so that letters of another width hide nothing.
"""

from __future__ import annotations

import re

ADDRESS = re.compile(
    r"""
      \b[a-z][a-z0-9+.-]{0,20}://[^\s<>"')\]]*         # any scheme
    | \bmailto:\S+
    | \bwww\.[^\s<>"')\]]+
    | \b[\w.+-]{1,64}@[\w-]+\.\w+                      # mailboxes
    | (?<![\w.@-])(?!asp\.net\b)(?:[\w-]+\.)+(?:com|org|net|edu|gov|io|xyz|ru|cn)\b(?!\.\w)
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
"""Addresses on the web, of mailboxes and machines, and in a file system (often with names)."""

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
"""Tokens of well-known services, private keys, and strings as random as one."""

# In English, German, French, Spanish, Portuguese, Italian, Dutch and Polish.
_SET_ASIDE = (
    r"(?<!not )(?<!n't )(?<!never )\b(?:ignor(?:e[sz]?|ing|iere?n?|a|ar|are|eer|uj)"
    r"|disregard|forget|override|bypass|vergiss|missachte|oublie[rz]?|olvida|esqueça|dimentica"
    r"|vergeet|zapomnij)\b"
)
_WHICH = (
    r"\b(?:previous|prior|above|earlier|preceding|foregoing|all|any|every|these|those|your|system"
    r"|alle[rsn]?|vorherige[nr]?|bisherige[nr]?|obige[nr]?|tou[ts]e?s?|précédente?s?|ci-dessus"
    r"|tod[ao]s|anteriores|tutt[ei]|precedenti|vorige|eerdere|wszystkie|poprzednie)\b"
)
_WHAT = (
    r"\b(?:instructions?|prompts?|rules?|directions?|commands?|guidelines?|orders?|directives?"
    r"|anweisungen|regeln|befehle|consignes?|règles|instrucciones|instruções|reglas|regras"
    r"|istruzioni|regole|instructies|regels|instrukcje|polecenia)\b"
)

INJECTION = re.compile(
    "|".join(
        [
            rf"{_SET_ASIDE}[^.!?]{{0,40}}?{_WHICH}[^.!?]{{0,40}}?{_WHAT}",
            rf"{_SET_ASIDE}[^.!?]{{0,20}}?{_WHAT}[^.!?]{{0,20}}?{_WHICH}",
            r"\b(?:ignore|disregard|forget)\s+(?:everything|anything|all|what\b.{0,20}?)"
            r"\s(?:\w+\s){0,3}?(?:above|before|previously|earlier|so far)\b",
            r"(?:忽略|无视|無視|忘记)[^。！？]{0,12}(?:指令|指示|提示|规则|命令|プロンプト)",
            r"(?:これまで|以前|上記|前)の?[^。！？]{0,8}(?:指示|命令|プロンプト)[^。！？]{0,6}無視",
            r"(?:игнорируй|забудь)\w*[^.!?]{0,40}(?:инструкци|указани|правил)\w*",
            r"\bsystem prompt\b|\bjailbreak\w*|\bdeveloper mode\b|\bdo anything now\b",
            r"\byou are (?:now|no longer)\b|\bpretend (?:that )?you(?: are|'re)\b",
            r"\bnew instructions?\s*:",
            r"<\|[^|<>\n]{1,30}\|>|\[/?INST\]|<</?SYS>>|</?s>|<(?:start|end)_of_turn>",
            r"^[ \t]*(?:\#+[ \t]*)?(?:system|assistant|user|human)[ \t]*:",
            r"<script\b|\bjavascript:",
        ]
    ),
    re.IGNORECASE | re.DOTALL | re.MULTILINE,
)
"""Orders to disregard instructions, changes of role, and the markers between turns of chat models.
A plain `Ignore the header` does not match."""
