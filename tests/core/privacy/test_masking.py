from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinyarms.core.privacy.masking import MASK_KINDS, mask, mask_all

PRIVATE = [
    # contact
    ("Mail ada.lovelace+news@example.co.uk today", "email", "Mail [email] today"),
    ("ada (at) example (dot) org", "email", "[email]"),
    ("ada\u200b@example.org", "email", "[email]"),
    ("ａｄａ＠example.org", "email", "[email]"),
    ("Call +49 30 1234567 now", "phone", "Call [phone] now"),
    ("(212) 555-0187", "phone", "[phone]"),
    ("0171-2345678", "phone", "[phone]"),
    ("06 12 34 56 78", "phone", "[phone]"),
    ("Тел.: 8 (495) 123-45-67", "phone", "Тел.: [phone]"),
    ("手机: 138 1234 5678", "phone", "手机: [phone]"),
    ("010-1234-5678로 전화", "phone", None),
    ("फ़ोन: ९८७६५ ४३२१०", "phone", None),
    ("I live at 221 Baker Street, London", "street", None),
    ("Lindenallee 12, 80331 München", "street", "[street]"),
    ("12 rue de la Paix, 75002 Paris", "street", "[street]"),
    ("ул. Ленина, д. 5", "street", "[street]"),
    ("host 192.168.10.7 is down", "network address", "host [network address] is down"),
    ("2001:db8:0:0:200:f8ff:fe21:67cf", "network address", "[network address]"),
    ("/home/ada/letters/a.txt", "user", "/home/[user]/letters/a.txt"),
    (r"C:\Users\Ada L\a.txt", "user", r"C:\Users\[user]\a.txt"),
    ("a d a @ e x a m p l e . o r g", "email", "[email]"),
    ("Gran Vía 28, 28013 Madrid", "street", "[street]"),
    ("221B Baker Street", "street", "[street]"),
    ("My Telegram is @ada_l88, write", "handle", "My Telegram is [handle], write"),
    ("insta: ada.l_1815", "handle", "insta: [handle]"),
    ("I live at 51.503364, -0.127625.", "place", "I live at [place]."),
    ("52°31'12\"N 13°24'18\"E", "place", "[place]"),
    # financial
    ("GB82 WEST 1234 5698 7654 32 please", "iban", "[iban] please"),
    ("fr1420041010050500013m02606", "iban", "[iban]"),
    ("card 5500-0055-5555-5559", "card", "card [card]"),
    ("4242-4242-4242-4242 12/28", "card", "[card] 12/28"),
    ("4111 1111 1111 1111 123", "card", "[card] 123"),
    ("378282246310005 09/27", "card", "[card] 09/27"),
    ("3782 822463 10005", "card", "[card]"),
    ("３７８２８２２４６３１０００５", "card", "[card]"),
    ("account number: 12345678", "account", "account number: [account]"),
    ("BE68539007547034", "iban", "[iban]"),
    ("Maestro 6759649826438453", "card", "Maestro [card]"),
    ("UPI ada@mybank", "account", "UPI [account]"),
    ("pay ada.l@okicici", "account", "pay [account]"),
    ("0x52908400098527886E0F7030069857D2E4169EE7", "wallet", "[wallet]"),
    # ids
    ("SSN 536-90-4399", "id", "SSN [id]"),
    ("CPF 111.444.777-35", "id", "CPF [id]"),
    ("CNPJ 11.222.333/0001-81", "id", "CNPJ [id]"),
    ("NI number AB123456C", "id", "NI number [id]"),
    ("TFN 123 456 782", "id", "TFN [id]"),
    ("EGN 7523169263", "id", "EGN [id]"),
    ("my social is 219-09-9999", "id", "my social is [id]"),
    ("P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "id", "[id]"),
    ("L898902C36UTO7408122F1204159ZE184226B<<<<<10", "id", "[id]"),
    ("RSSMRA85T10A562S", "id", "[id]"),
    ("身份证号码 11010519491231002X", "id", "身份证号码 [id]"),
    ("Reisepass Nr. C4JH1K9Z7", "id", "Reisepass Nr. [id]"),
    ("geboren am 3. Mai 1971", "birth date", "geboren am [birth date]"),
    ("出生于1988年8月8日", "birth date", "出生于[birth date]"),
    ("ich bin am 7.8.1969 geboren", "birth date", "ich bin am [birth date]"),
    ("生年月日: 1985年7月12日", "birth date", "生年月日: [birth date]"),
    # secrets
    ("the password is hunter2secret99", "password", "the password is [password]"),
    ("Passwort: Winter-2023", "password", "Passwort: [password]"),
    ("mot de passe : Azerty!77", "password", "mot de passe : [password]"),
    ("密码: qwe123rty", "password", "密码: [password]"),
    ("mot de passe provisoire: Xy7!pq", "password", "mot de passe provisoire: [password]"),
    ("Parola mea este Mere2020", "password", "Parola mea este [password]"),
    ("PGPASSWORD='x9!kLmQ2'", "password", "PGPASSWORD='[password]'"),
    ("Password - Qwerty123!", "password", "Password - [password]"),
    ("haslo: Kotek123", "password", "haslo: [password]"),
    ("jelszó: Alma1990!", "password", "jelszó: [password]"),
    ("login: admin / Pa55w0rd!", "password", "login: admin / [password]"),
    ("API_KEY=ab12-cd34-ef56", "password", "API_KEY=[password]"),
    ("ghp_16C7e42F292c6912E7710c838347Ae178B4a", "key", "[key]"),
    ("sk-abcdefghijklmnopqrstuvwx", "key", "[key]"),
    ("Authorization: Bearer a9f8e7d6c5b4", "key", "Authorization: Bearer [key]"),
    ("mysql://root:pa55@db:3306/x", "login", "mysql://[login]@db:3306/x"),
    ("my bank PIN is 0815", "code", "my bank PIN is [code]"),
    ("TAN 938271", "code", "TAN [code]"),
    ("the pin code's 9021", "code", "the pin code's [code]"),
    ("SMS code: 551 093", "code", "SMS code: [code]"),
    ("safe combination 12-34-56", "code", "safe combination [code]"),
    ("backup code 1a2b-3c4d", "code", "backup code [code]"),
    ("verification code 884213", "code", "verification code [code]"),
    ("code de vérification : 482913", "code", "code de vérification : [code]"),
    (
        "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----\nthat",
        "private key",
        "[private key]\nthat",
    ),
]


@pytest.mark.parametrize(("text", "label", "masked"), PRIVATE)
def test_private_parts_get_a_label_and_the_rest_stays(
    text: str, label: str, masked: str | None
) -> None:
    result = mask(text)
    assert result.labels == (label,)
    assert masked is None or result.text == masked
    assert f"[{label}]" in result.text


@pytest.mark.parametrize(
    "text",
    [
        "It costs 12.50 or 1,234,567.89 dollars in 2024.",
        "On 12.03.1984 the shop opened; order 4471-2210 came at 10:30:15.",
        "The score was 3-0, 21-19 and 6-4.",
        "Chapter 3.11.2, version 10.0.0.7, ratio 16:9.",
        "In 1998 42 of 500 people said 7 or 8.",
        "Meet me at home dot matrix printers are old.",
        "The password is required, and the secret is out.",
        "Password: required. Token: one word.",
        "4111 1111 1111 1112",  # fails its checksum
        "DE89370400440532013001",
        "123-45-67890",
        "the sin of pride; the tin 7 of nine",
        "She was born in 1984 on Main Street.",
        "/usr/share/doc and C:\\Windows\\system.ini",
        "GetUserAccountDetails and a-long-name-in-kebab-case-number-two",
        "commit d670460b4b4aece5915caf5c68d12f560a9fe3e4",
        "123e4567-e89b-12d3-a456-426614174000",
        "他在2019年3月5日买了3台电脑。",
        "Код 404 значит, что страницы нет.",
        "Twitter is down-hearted today, Facebook is a-ok.",
        "Follow the line: 12.5 of 0.1234, 0.5678 and 3.14, 2.71.",
        "Password length: 12-64. The password reset mail is at 10:45 here.",
        "The pan is 12 cm wide, the password for the party is swordfish.",
        "The account: read / write access is missing.",
        "Order 4242-4242-4242-4243 12/28",  # fails its checksum
        "The verification code is missing in 2024 of 3000 mails.",
    ],
)
def test_ordinary_text_is_left_alone(text: str) -> None:
    assert mask(text).labels == ()
    assert mask(text).text == text


def test_only_the_kinds_that_are_asked_for_are_masked() -> None:
    text = "ada@example.org pays with 4111111111111111"
    assert mask(text, ("financial",)).text == "ada@example.org pays with [card]"
    assert mask(text, ()).text == text
    assert mask_all({"a": text, "b": "nothing"}, ("contact",)) == {
        "a": "[email] pays with 4111111111111111",
        "b": "nothing",
    }


@pytest.mark.parametrize("text", [text for text, _, _ in PRIVATE])
def test_a_masked_text_has_nothing_left_to_mask(text: str) -> None:
    once = mask(text).text
    assert mask(once).labels == ()


@pytest.mark.slow
@given(st.text(max_size=80), st.sampled_from(MASK_KINDS))
def test_any_text_can_be_masked(text: str, kind: str) -> None:
    result = mask(text)
    assert result.changed == (result.text != text)
