"""Passwords, keys, codes, and addresses with a password in them."""

from __future__ import annotations

import math
import re
from collections import Counter

from tinyarms.core.privacy.finder import Finder

_PRIVATE_KEY = re.compile(
    r"""
      -----BEGIN\ [A-Z0-9 ]*PRIVATE\ KEY(?:\ BLOCK)?-----.*?
        (?:-----END\ [A-Z0-9 ]*PRIVATE\ KEY(?:\ BLOCK)?-----|\Z)
    | PuTTY-User-Key-File-\d:.*?(?:Private-MAC:\s?\w+|\Z)
    | AGE-SECRET-KEY-1[A-Z0-9]{20,}
    """,
    re.DOTALL | re.VERBOSE,
)
_LOGIN_IN_URL = re.compile(
    r"\b[a-zA-Z][a-zA-Z0-9+.-]{1,30}://(?P<private>[^\s:/@<>\"']*:[^\s/<>\"']+)@[^\s@]"
)
_LOGIN_IN_DSN = re.compile(
    r"""(?<!\w)(?:pwd|password|accountkey|sharedaccesskey|user\ id|uid)\s?=\s?
        (?P<private>[^;\s"'\[]{3,})(?=;|$|\s)""",
    re.IGNORECASE | re.VERBOSE,
)
_KEY_BEGINNINGS = r"""
    sk-(?:proj|ant|or|live|svcacct)?-?|pk-|rk-|[spr]k_(?:live|test)_|whsec_|gh[opusr]_
    |github_pat_|xox[abeposr]-|xapp-|hf_|glpat-|gl(?:rt|dt|ft|soat|imt|agent)-|npm_|pypi-
    |dop_v1_|doo_v1_|dckr_pat_|shp(?:at|ca|pa|ss)_|sq0(?:atp|csp)-|EAAA|ya29\.|1//0
    |AC(?=[0-9a-f]{32}\b)|SG\.|key-(?=[0-9a-f]{32}\b)|lin_api_|ntn_|secret_|figd_|PMAK-
    |rubygems_|nvapi-|gsk_|r8_|pat[A-Za-z0-9]{14}\.|sntrys_|hvs\.|tfp_|atlasv1\.|CFPAT-
    |pscale_(?:tkn|pw)_|fo1_|FlyV1\ |eyJrIjoi|AKC[a-zA-Z0-9]|vercel_|sbp_|xai-
"""
_KEY = re.compile(
    rf"""
      (?<![\w-])(?:{_KEY_BEGINNINGS})(?P<tail>[-_A-Za-z0-9.]{{16,}})
    | (?<!\w)(?:AKIA|ASIA|AROA|AIDA|AGPA)[A-Z0-9]{{12,}}
    | (?<!\w)AIza[-_A-Za-z0-9]{{30,}}
    | (?<!\w)eyJ[-_A-Za-z0-9]{{8,}}\.[-_A-Za-z0-9]{{8,}}(?:\.[-_A-Za-z0-9]*)?
    | (?<!\d)\d{{8,10}}:AA[-_A-Za-z0-9]{{28,}}                                # Telegram
    | (?<![\w-])[MNO][A-Za-z\d_-]{{23,27}}\.[A-Za-z\d_-]{{6}}\.[A-Za-z\d_-]{{27,}}   # Discord
    | (?<!\w)[0-9a-f]{{32}}-us\d{{1,2}}(?!\w)                                  # Mailchimp
    | https://hooks\.slack\.com/(?:services|workflows)/[\w/]{{20,}}
    | https://(?:ptb\.|canary\.)?discord(?:app)?\.com/api/webhooks/\d+/[\w-]{{20,}}
    | https://[\w.-]+\.webhook\.office\.com/\S{{30,}}
    | (?<![\w/+=-])(?=[A-Za-z0-9+/_-]*[a-z])(?=[A-Za-z0-9+/_-]*[A-Z])(?=[A-Za-z0-9+/_-]*\d)
        [A-Za-z0-9+/_-]{{32,}}={{0,2}}(?![\w/+=-])                            # random text
    | (?<![\w/+=.-])(?=[A-Za-z0-9]*[a-z])(?=[A-Za-z0-9]*[A-Z])(?=[A-Za-z0-9]*\d[A-Za-z])
        [A-Za-z0-9]{{20,}}(?![\w/+=-])
    """,
    re.VERBOSE,
)
_LEAST_BITS = 3.2
"""Shannon entropy of a key, bits a character. Higher: fewer names in camel case, more keys missed;
20 random letters and digits have about 4."""

_PASSWORD_WORDS = r"""
    pass(?:word|wd|phrase|code)?|pwd?|pw|psw|passw|login|credentials?|secret(?:\ (?:key
    |word))?|(?:api|access|auth|private|encryption|signing|master|ssh|license|licence|wifi
    |wi-fi|wlan|account|client|consumer)[ _-]?(?:key|token|secret|password)|token|apikey
    |bearer|x-api-key|mot\ de\ passe|mdp|passwort|kennwort|passwörter|losung|contraseña
    |clave|senha|palavra-passe|parola(?:\ d'ordine)?|wachtwoord|hasło|lösenord|adgangskode
    |passord|salasana|heslo|şifre\w*|sifre|parola|пароль|пароля|ключ|密码|密碼|口令
    |パスワード|暗証番号|비밀번호|암호|पासवर्ड|কূটশব্দ|পাসওয়ার্ড|كلمة\ (?:السر|المرور)|گذرواژه
    |contrasena|haslo|jelszó|jelszo|lozinka|лозинка|zaporka|geslo|парола|slaptažodis|parool
    |adgangskoden|lykilorð|şifrə|mat\ khau
    |رمز\ عبور|پاس\ ورڈ|סיסמה|κωδικ\w*|mật\ khẩu|kata\ sandi|sandi|รหัสผ่าน
"""
_IS = r"""
    (?:\s*(?:[:=：]|=>|->)\s*|\s+[-–—]\s+|\s+(?:is|was|to|are|ist|lautet|est|es|é|è|jest|is\ set\ to
    |este|je|är|er|on|είναι|adalah|là|это|है)\s*:?\s+|['’]s\s+|\s*(?:是|为|は|는|은|هي|هو)\s*)
"""
_PASSWORD = re.compile(
    rf"""(?<![^\W_])(?:{_PASSWORD_WORDS})["'*`]*{_IS}["'`*]?
        (?P<private>[^\s"'`,;，。<>\[\](){{}}]{{4,}})
    """,
    re.IGNORECASE | re.VERBOSE,
)
_PASSWORD_AFTER_WORDS = re.compile(
    rf"""(?<![^\W_])(?:{_PASSWORD_WORDS})(?:\s[^\W\d]{{2,14}}){{1,2}}{_IS}["'`*]?
        (?P<private>(?=[^\s]*[^\W\d])[^\s"'`,;，。<>\[\](){{}}]{{4,}})
    """,
    re.IGNORECASE | re.VERBOSE,
)
"""With a word or two between, as in `my password here is …`."""
_VARIABLE = re.compile(
    r"""(?<![A-Za-z0-9])[A-Z][A-Z0-9_]*(?:PASSWORD|PASSWD|PASS|PWD|SECRET|TOKEN|KEY)\s*=\s*["']?
        (?P<private>[^\s"'\[]{4,})
    """,
    re.VERBOSE,
)
"""A variable of the environment, such as `PGPASSWORD`."""
_LOGIN_PAIR = re.compile(
    r"""(?<!\w)(?:log-?in|credentials?|user(?:\ ?name)?|account|zugangsdaten|benutzer(?:name)?
        |logins?|identifiants?|credenciales|usuario|credenciais|usuário|utente|credenziali|логин)
        \s*[:=]\s*[^\s/|,;:]{2,40}\s*[/|,;:]\s*(?P<private>[^\s,;\[]{4,})
    """,
    re.IGNORECASE | re.VERBOSE,
)
"""A user and a password with a mark between them."""
_BEARER = re.compile(
    r"(?<!\w)(?:bearer|basic)\s+(?P<private>(?=\S*\d)[-\w.~+/]{8,}=*)", re.IGNORECASE
)
_PASSWORD_BESIDE = re.compile(
    rf"(?<![^\W_])(?:{_PASSWORD_WORDS})\s+(?P<private>(?=[^\s]*\d)(?=[^\s]*[^\W\d])[^\s\"',;]{{6,}})",
    re.IGNORECASE | re.VERBOSE,
)
_CODE = re.compile(
    rf"""(?<!\w)(?:pin(?:[ -]?(?:code|number|nummer))?|puk|otp|tan|2fa|mfa|cvv
        |(?:verification|security|access|confirmation|login|one-time|door|alarm|unlock
            |safe|lock(?:er)?|backup|recovery|sms|activation|auth(?:entication)?)[ -](?:code|pin
            |combination)
        |(?:bestätigungs|sicherheits|zugangs|tür|einmal)code|code\ (?:de\ vérification
            |confidentiel|pin)
        |código\ (?:de\ (?:verificación|verificação|seguridad|segurança|acceso))
            |codice\ (?:di\ verifica|pin|segreto)
        |пин(?:-?код)?|код\ (?:подтверждения|доступа)|验证码|驗證碼|確認コード
            |認証コード|인증번호|पिन|رمز\ التحقق|doğrulama\ kodu)
        (?:\s(?:code|number))?{_IS}(?P<private>[A-Z0-9]{{0,3}}-?\d(?:[ -]?\d){{2,9}})(?![\w%])
    """,
    re.IGNORECASE | re.VERBOSE,
)

_PLAIN_WORD = re.compile(r"[^\W\d_]+[.!?…]*")
_NEVER_PASSWORDS = re.compile(
    r"\*{3,}|x{3,}|\.{3,}|…+|_{2,}|-{2,}|\$\{?\w+\}?|%\w+%|<.*|\{.*|\d{1,3}[.!?]?", re.IGNORECASE
)
_MARKS_OF_A_PASSWORD = re.compile(r"\d|[^\w.!?…'’-]|[^\W\d_]!|_|\w-\w*\d")


def _is_key(text: str) -> bool:
    """Random enough, and neither a path nor a word in kebab case."""
    if text.startswith(("-----", "https://", "PuTTY")):
        return True
    counts = Counter(text)
    bits = -sum(n / len(text) * math.log2(n / len(text)) for n in counts.values())
    if text.count("/") > 2 and not re.search(r"\d[A-Za-z]|[A-Za-z]\d", text):
        return False
    return bits >= _LEAST_BITS


def _is_password(text: str) -> bool:
    """Not a word of the language: it has a digit or a symbol."""
    bare = text.rstrip(".!?…")
    if len(bare) < 4 or _NEVER_PASSWORDS.fullmatch(text) or _PLAIN_WORD.fullmatch(text):
        return False
    return _MARKS_OF_A_PASSWORD.search(bare) is not None and "://" not in text


_CODE_BESIDE = re.compile(
    r"""(?<!\w)(?:PIN|TAN|PUK|OTP
        |(?i:(?:verification|security|confirmation|login|one-time|door|alarm|unlock|recovery|sms
            |safe|lock(?:er)?|auth(?:entication)?)[ ](?:code|pin|combination)
        |(?:bestätigungs|sicherheits|zugangs|tür|einmal)code|code[ ]de[ ]vérification
        |código[ ]de[ ](?:verificación|verificação|seguridad|segurança)|codice[ ]di[ ]verifica
        |код[ ]подтверждения|验证码|確認コード|認証コード|인증번호))
        \s?(?P<private>\d(?:[ -]?\d){3,9})(?![\w%])
    """,
    re.VERBOSE,
)

_BACKUP_CODE = re.compile(
    r"(?<!\w)(?:backup|recovery|license|licence|product|activation)[ ](?:code|key)s?[ :=]{1,3}"
    r"(?:is[ ])?(?P<private>(?=[\w-]*\d)[a-z0-9]{4,8}(?:-[a-z0-9]{4,8})+)(?![\w-])",
    re.IGNORECASE,
)

SECRETS = (
    Finder("secrets", "private key", _PRIVATE_KEY),
    Finder("secrets", "login", _LOGIN_IN_URL),
    Finder("secrets", "key", _KEY, _is_key),
    Finder("secrets", "password", _LOGIN_IN_DSN),
    Finder("secrets", "key", _BEARER),
    Finder("secrets", "password", _PASSWORD, _is_password),
    Finder("secrets", "password", _PASSWORD_BESIDE, _is_password),
    Finder("secrets", "password", _PASSWORD_AFTER_WORDS, _is_password),
    Finder("secrets", "password", _VARIABLE, _is_password),
    Finder("secrets", "password", _LOGIN_PAIR, _is_password),
    Finder("secrets", "code", _CODE),
    Finder("secrets", "code", _CODE_BESIDE),
    Finder("secrets", "code", _BACKUP_CODE),
)
