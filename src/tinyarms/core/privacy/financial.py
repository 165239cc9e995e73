"""Cards and accounts."""

from __future__ import annotations

import re

from stdnum import bitcoin, iban, luhn

from tinyarms.core.privacy.finder import Finder, digits

_IBAN = re.compile(
    r"""
      (?<![A-Za-z0-9])[A-Za-z]{2}\d{2}[A-Za-z0-9]{11,30}(?![A-Za-z0-9])
    | (?<![A-Za-z0-9])[A-Z]{2}\d{2}[ -]?[A-Z0-9]{4}
        (?:[ -]?(?=[A-Z]{0,3}\d)[A-Z0-9]{1,4}){2,8}(?![A-Za-z0-9])
    """,
    re.VERBOSE,
)
_CARD = re.compile(
    r"""
      (?<![\w.,-])[2-6]\d{3}(?:
        (?P<mark>[ -])\d{4}(?P=mark)\d{4}(?P=mark)\d{4}(?!\w)      # other numbers may follow
      | (?P<second>[ -])\d{6}(?P=second)\d{4,5}(?!\w)
      | \d{9,15}(?!\w)
      | (?:[ -]?\d){9,15}(?![.,]?\d|\w)
    )
    """,
    re.VERBOSE,
)
"""An expiry date or a code may follow the groups of a card's number."""
_ISSUERS = re.compile(
    r"4|5[0-8]|6|2(?:22[1-9]|2[3-9]|[3-6]|7[01]|720)|3[47]|3(?:0[0-5]|[68])|35|81|9792|220[0-4]"
)
"""First digits of Visa, Mastercard, American Express, Diners, Discover, UnionPay, JCB, Maestro,
RuPay, Troy and Mir (ISO/IEC 7812)."""
_WALLET = re.compile(r"(?<!\w)(?:0x[0-9a-fA-F]{40}|(?:bc1|[13])[a-zA-HJ-NP-Z0-9]{25,62})(?!\w)")
_NUMBER_WORDS = r"""
    account|acct|a/c|konto(?:nummer|nr)?|compte|cuenta|conta|rekening|rachun\w*|hesap
    |счет\w*|счёт\w*|routing|sort\ code|aba|blz|bankleitzahl|rib|clabe|ifsc|bsb|账号|帐号
    |账户|卡号|口座番号|계좌(?:번호)?|खाता|حساب|cvv2?|cvc2?|card\ (?:number|no)|kartennummer
    |iban
"""
_ACCOUNT = re.compile(
    rf"""(?<!\w)(?:{_NUMBER_WORDS})
        (?:\s?(?:number|nummer|no|nr|num|numéro|número|bancaria|bancaire|संख्या|رقم|code))?
        \.?\s?(?:[:=\#：]|is|ist|est|es|є|は|是|है)?\s{{0,2}}
        (?P<private>[A-Z]{{0,4}}\d(?:[ -]?\d){{2,19}})(?![\w%])(?![.,]\d)
    """,
    re.IGNORECASE | re.VERBOSE,
)
_PAYMENT_ADDRESS = re.compile(
    r"(?<![\w.+-])(?:[\w.-]{2,64}@(?:ok(?:hdfcbank|icici|sbi|axis)|upi|paytm|ybl|ibl|axl|apl)"
    r"|(?<=UPI\s)[\w.-]{2,64}@[a-z]{2,20})(?![\w@.])",
    re.IGNORECASE,
)
"""An address of India's UPI, which looks like a mailbox without a domain."""


def _is_iban(text: str) -> bool:
    # Countries check more, such as the number of a bank: a made-up account has no real one.
    return bool(iban.is_valid(text, check_country=False))


def _is_card(text: str) -> bool:
    number = digits(text)
    return (
        13 <= len(number) <= 19
        and _ISSUERS.match(number) is not None
        and luhn.is_valid(number)
        and len(set(number)) > 1
    )


def _is_wallet(text: str) -> bool:
    return text.startswith("0x") or bitcoin.is_valid(text)


FINANCIAL = (
    Finder("financial", "iban", _IBAN, _is_iban),
    Finder("financial", "card", _CARD, _is_card),
    Finder("financial", "wallet", _WALLET, _is_wallet),
    Finder("financial", "account", _ACCOUNT),
    Finder("financial", "account", _PAYMENT_ADDRESS),
)
