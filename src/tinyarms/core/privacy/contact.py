"""Ways to reach a person or a machine: mailboxes, telephones, streets, coordinates, network
addresses, names on social networks and names of users in paths."""

from __future__ import annotations

import re

from tinyarms.core.privacy.finder import Finder, digits

_EMAIL = re.compile(
    r"""
      (?<![\w.+%-])[\w.+%-]{1,64}\s?@\s?(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24}(?![\w@])
    | (?<![\w.])[\w.+-]{1,64}\s*(?:[(\[{<]\s*at\s*[)\]}>]|\s\bat\b\s)\s*[\w-]{1,63}
        (?:\s*(?:[(\[{<]\s*dot\s*[)\]}>]|\s\bdot\b\s)\s*[\w-]{2,63}){0,3}?
        \s*(?:[(\[{<]\s*dot\s*[)\]}>]|\s\bdot\b\s)\s*
        (?:com|org|net|edu|gov|mil|info|biz|io|dev|app|co|ai|me|xyz|de|fr|es|it|nl|uk|ru|cn|jp|kr
        |in|br|pl|ch|at|se|eu|us|ca|au|mx|tr|ir|id|vn)\b
    | (?<![\w.])[\w.+-]{1,64}\s*[(\[{<]\s*at\s*[)\]}>]\s*(?:[\w-]{1,63}\.){1,4}[a-z]{2,24}\b
    | (?<![^\s])(?:[\w.+-]\ ){2,40}@(?:\ [\w.-]){4,40}(?![^\s,;.])       # letters spaced apart
    """,
    re.IGNORECASE | re.VERBOSE,
)

_PHONE_WORDS = r"""
    (?:tele(?:ph|f)one?|t[eé]l[eé]phone|telefon\w*|phone|tel|mobile?|mobil(?:nummer)?
    |handy\w*|cell(?:phone)?|call(?:\ me)?(?:\ (?:at|on))?|text\ me|sms|whatsapp|fax
    |portable|celular|m[oó]vil|cellulare|telemóvel|komórka|gsm|cep|nomor\ hp|hp|điện\ thoại
    |sđt|số\ điện\ thoại|телефон\w*|тел|моб\w*|電話(?:番号)?|携帯|电话|手机(?:号)?|聯絡電話
    |전화(?:번호)?|휴대폰|연락처|फ़?ोन|फोन|मोबाइल|ফোন|মোবাইল|هاتف\w*|رقمي|جوال\w*|موبايل|فون
    |موبائل|تلفن|شماره|τηλ\w*|טלפון|โทร\w*)
"""
_PHONE = re.compile(
    rf"""
      (?<![\w+./-])(?:\+|00)\s?[1-9]\d{{0,3}}(?:[\s().\-/]{{0,3}}\d{{1,5}}){{2,7}}(?![A-Za-z\d-])
    | (?<![\w.,-])\(\d{{2,5}}\)[\s./-]{{0,2}}\d{{2,5}}(?:[\s./-]\d{{2,5}}){{1,3}}(?![A-Za-z\d-])
    | (?<![\w.,/-])(?:1[\s.-])?\d{{3}}(?P<mark>[\s.-])\d{{3}}(?P=mark)\d{{4}}(?![.,]?\d|[A-Za-z-])
    | (?<![\w.,/-])0\d{{1,4}}[\s/-]\d{{2,8}}(?:[\s-]\d{{2,5}}){{0,4}}(?![.,]?\d|[A-Za-z-])
    | (?<![\w.,/-])0[1-9](?:[.]\d\d){{4}}(?![.]?\d|[A-Za-z-])
    | (?<![\w.,/-])1[3-9]\d[\s-]?\d{{4}}[\s-]?\d{{4}}(?![.,]?\d|[A-Za-z-])     # China's mobiles
    | (?<![\w.,/-])[6-9]\d{{4}}[\s-]\d{{5}}(?![.,]?\d|[A-Za-z-])               # India's mobiles
    | (?<![\w.,/-])8[\s-]?\(?\d{{3}}\)?[\s-]\d{{3}}-\d\d-\d\d(?![A-Za-z\d-])       # Russia
    | (?<!\w){_PHONE_WORDS}(?:\s?(?:no|nr|number|nummer|numéro|is|ist|est|es|è
        |é))?[\s.:=是：は]{{1,4}}
      (?P<private>[+(]?\d(?:[\s().\-/]{{0,2}}\d){{5,14}})(?!\w)
    """,
    re.IGNORECASE | re.VERBOSE,
)


def _is_phone(text: str) -> bool:
    """The length of a number that can be dialled; a date has fewer digits."""
    return 7 <= len(digits(text)) <= 15 and not _DATE.fullmatch(text.strip())


_DATE = re.compile(r"\d{1,4}[-./\s]\d{1,2}[-./\s]\d{2,4}")

_STREET = re.compile(
    r"""
      (?<!\w)\d{1,5}[A-Za-z]?,?\s(?:(?:N|S|E|W|North|South|East|West)\.?\s)?
        (?:[A-Z][\w'’-]{1,20}\s){1,3}
        (?:Street|St|Avenue|Ave|Road|Rd|Lane|Ln|Drive|Dr|Boulevard|Blvd|Court|Ct|Terrace
        |Crescent|Close|Way|Highway|Parkway|Pkwy)\b(?!\s[A-Z][a-z]+['’]s)\.?
        (?:,?\s(?:Apt|Suite|Unit|Flat|\#)\.?\s?\w{1,5})?
        (?:,\s[A-Z][\w'’\s-]{1,24})?(?:,?\s[A-Z]{2}\s\d{5}(?:-\d{4})?
            |,?\s[A-Z]{1,2}\d[\dA-Z]?\s?\d[A-Z]{2})?
    | (?<!\w)[A-ZÄÖÜ][\wäöüß-]{1,24}(?:str(?:a(?:ß|ss)e|\.)?|gasse|weg|allee|platz|ring|ufer|damm)
        \s\d{1,4}\s?[a-z]?(?!\w)(?:,?\s(?:[A-Z]-)?\d{4,5}\s[A-ZÄÖÜ][\wäöüß-]+)?
    | (?<!\w)[A-ZÄÖÜ][\wäöüß-]{1,24}[\s-](?:Stra(?:ß|ss)e|Str\.|Gasse|Weg|Allee|Platz|Ring)
        \s\d{1,4}\s?[a-z]?(?!\w)(?:,?\s(?:[A-Z]-)?\d{4,5}\s[A-ZÄÖÜ][\wäöüß-]+)?
    | (?<!\w)\d{1,4},?\s(?:bis\s|ter\s)?(?i:rue|avenue|boulevard|bd|place|allée|impasse|chemin|quai)
        \s[\wéèêàâôîç'’\s-]{2,40}?(?:,?\s\d{5}\s[A-ZÉ][\wéèêàç-]+|(?=[,.;\n]|$))
    | (?<!\w)(?:[Cc]alle|C/|[Rr]onda|[Cc]arrer|[Aa]venida|[Aa]vda\.|[Pp]aseo|[Pp]laza|[Rr]ua
        |[Aa]v\.|[Tt]ravessa|[Vv]ia|[Vv]iale
        |[Cc]orso|[Pp]iazza|ul\.|[Aa]l\.|[Uu]lica|[Jj]l\.|[Jj]alan)
        \s(?:[\wéèêàáâãõôíóúçñłśżźąęć'’.]+\s){0,4}[A-ZŁŚŻÁÉÍÓÚ][\wéèêàáâãõôíóúçñłśżźąęć'’]+
        ,?\s(?:n[º°.]?\s?|nr\s|no\.?\s)?\d{1,5}(?!\w)(?:,?\s\d{2}-?\d{3}(?:-\d{3})?\s[A-ZŁŚŻ]\w+)?
    | (?<!\w)Gran\s[Vv]ía,?\s\d{1,4}(?!\w)(?:,?\s\d{5}\s[A-ZÁÉÍÓÚ]\w+)?
    | (?<!\w)[A-Z][a-zé]+(?:straat|laan|gracht|plein|gatan|vägen|gade|vej|katu)\s\d{1,4}[a-z]?(?!\w)
    | (?<!\w)(?:ул(?:ица|\.)|просп(?:ект|\.)|пер(?:еулок|\.)|наб\.)\s[А-ЯЁ][\w.\s-]{2,30}?,?\s
        (?:д(?:ом|\.)\s?)?\d{1,4}\w?(?:,?\s(?:кв(?:артира|\.)\s?)\d{1,4})?(?!\w)
    | [\u4e00-\u9fff]{2,12}(?:路|街|大道|巷)\s?\d{1,5}\s?(?:号|號|弄)(?:\s?\d{1,4}\s?(?:室|楼|樓))?
    | [\u4e00-\u9fff]{1,8}[都道府県市区町村][\u3040-\u30ff\u4e00-\u9fff]{1,10}\s?
        \d{1,3}-\d{1,3}(?:-\d{1,4})?
    | [\uac00-\ud7a3]{1,8}(?:로|길)\s?\d{1,4}(?:-\d{1,4})?(?:번지)?(?=\s|,|$|에)
    """,
    re.VERBOSE,
)

_OCTET = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
_NETWORK = re.compile(
    rf"""
      (?<![\w.])(?<!version\s)(?<!\bv)(?:{_OCTET}\.){{3}}{_OCTET}(?![\w.]\d|\w)
    | (?<![\w:])(?=[0-9a-f:]*\d)(?:[0-9a-f]{{1,4}}:){{5,7}}[0-9a-f]{{1,4}}\b
    | (?<![\w:])(?=[0-9a-f:]*[a-f])(?:[0-9a-f]{{1,4}}:){{1,6}}:[0-9a-f]{{1,4}}\b
    | (?<![\w-])(?:[0-9a-f]{{2}}-){{5}}[0-9a-f]{{2}}(?![\w-])
    """,
    re.IGNORECASE | re.VERBOSE,
)

_USER_IN_PATH = re.compile(
    r"""
      (?<![\w.])/(?:home|Users|Benutzer|export/home
          |var/home)/(?!Shared\b)(?P<private>[^\s/\\"'<>:\[]+)
    """,
    re.VERBOSE,
)
_USER_IN_WINDOWS_PATH = re.compile(
    r"""
      (?<!\w)[A-Za-z]:\\(?:Users|Benutzer|Documents\ and\ Settings)\\(?!Public\b)
        (?P<private>[^\\/:*?"<>|\n\[]{1,40}(?=\\)|[^\\/:*?"<>|\s\[]{1,40})
    """,
    re.VERBOSE,
)

_HANDLE = re.compile(
    r"""(?<!\w)(?:telegram|instagram|insta|snapchat|tik\ ?tok|twitter|discord|skype|wechat
        |weixin|微信号?|qq号?|line\ id|kakao(?:talk)?|facebook|fb|linkedin|mastodon|bluesky|viber
        |телеграм\w*|инстаграм\w*|تيليجرام|تلگرام)
        (?:\s(?:id|handle|name|nick(?:name)?|account|user(?:name)?|konto|compte|cuenta))?
        (?:\s*[:：=]\s*|\s(?:is|ist|est|es|é|è|jest|это|is\ at)\s|['’]s\s|\s*(?:是|は)\s*|\s(?=@))
        (?P<private>@[\w.]{3,32}|(?=[\w.-]*[\d_])[A-Za-z][\w.-]{3,31})(?![\w@])
    """,
    re.IGNORECASE | re.VERBOSE,
)
"""A person's name on a social network, beside the network's name."""
_PLACE = re.compile(
    r"""
      (?<![\w.,-])-?[1-9]\d?\.\d{4,},?\s?-?\d{1,3}\.\d{4,}(?!\w|\.\d)
    | \d{1,2}\s?°\s?\d{1,2}\s?['′]\s?(?:\d{1,2}(?:\.\d+)?\s?["″]\s?)?[NS][\s,]{1,3}
        \d{1,3}\s?°\s?\d{1,2}\s?['′]\s?(?:\d{1,2}(?:\.\d+)?\s?["″]\s?)?[EWO](?!\w)
    """,
    re.VERBOSE,
)
"""A latitude and a longitude, exact to about ten metres or better."""

CONTACT = (
    Finder("contact", "email", _EMAIL),
    Finder("contact", "phone", _PHONE, _is_phone),
    Finder("contact", "street", _STREET),
    Finder("contact", "network address", _NETWORK),
    Finder("contact", "handle", _HANDLE),
    Finder("contact", "place", _PLACE),
    Finder("contact", "user", _USER_IN_PATH),
    Finder("contact", "user", _USER_IN_WINDOWS_PATH),
)
