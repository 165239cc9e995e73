"""Numbers of official documents, and dates of birth."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from stdnum.util import get_cc_module

from tinyarms.core.privacy.finder import Finder, digits

_SHAPED = {
    "us.ssn": r"\d{3}-\d{2}-\d{4}",
    "us.itin": r"9\d{2}-\d{2}-\d{4}",
    "br.cpf": r"\d{3}\.\d{3}\.\d{3}-\d{2}",
    "br.cnpj": r"\d{2}\.\d{3}\.\d{3}/\d{4}-\d{2}",
    "ar.cuit": r"\d{2}-\d{8}-\d",
    "mx.rfc": r"[A-Z]{4}\d{6}[A-Z\d]{3}",
    "it.codicefiscale": r"[A-Z]{6}\d{2}[A-EHLMPRST]\d{2}[A-Z]\d{3}[A-Z]",
    "mx.curp": r"[A-Z]{4}\d{6}[HM][A-Z]{5}[A-Z\d]\d",
    "fr.nir": r"[12]\s?\d{2}\s?[01]\d\s?\d[\dAB]\s?\d{3}\s?\d{3}\s?\d{2}",
    "es.dni": r"\d{8}-?[A-HJ-NP-TV-Z]",
    "es.nie": r"[XYZ]-?\d{7}-?[A-HJ-NP-TV-Z]",
    "pl.pesel": r"\d{11}",
    "se.personnummer": r"(?:\d{2})?\d{6}[-+]\d{4}",
    "dk.cpr": r"\d{6}-\d{4}",
    "fi.hetu": r"\d{6}[-+A]\d{3}[\dA-Y]",
    "no.fodselsnummer": r"\d{6}\s?\d{5}",
    "be.nn": r"\d{2}\.\d{2}\.\d{2}-\d{3}\.\d{2}",
    "cn.ric": r"\d{17}[\dX]",
    "kr.rrn": r"\d{6}-[1-8]\d{6}",
    "in.aadhaar": r"\d{4}[\s-]\d{4}[\s-]\d{4}",
    "in.pan": r"[A-Z]{3}[PCHFATBLJG][A-Z]\d{4}[A-Z]",
    "cl.rut": r"\d{1,2}\.\d{3}\.\d{3}-[\dK]",
    "cz.rc": r"\d{6}/\d{3,4}",
    "ch.ssn": r"756\.\d{4}\.\d{4}\.\d{2}",
    "ro.cnp": r"[1-8]\d{12}",
    "tr.tckimlik": r"[1-9]\d{10}",
    "za.idnr": r"\d{13}",
    "de.idnr": r"\d{2}\s\d{3}\s\d{3}\s\d{3}",
    "gb.nhs": r"\d{3}\s\d{3}\s\d{4}",
    "il.idnr": r"\d{8}-\d",
    "tw.nationalid": r"[A-Z][12]\d{8}",
    "ie.pps": r"\d{7}[A-W][A-IW]?",
}
"""National identity, tax and health numbers that their form and check digits identify: the
python-stdnum module that checks them, and the pattern of their written form."""
_LEAST_DIGITS = 4
"""Fewest digits of a document's number. Lower: more ordinary numbers after a word of the list are
masked."""
_DOCUMENT_WORDS = r"""
    passport|pass(?:\ |-)?(?:no|nr|nummer)|reisepass\w*|pasaporte|passeport|passaporte?
    |passaporto|paspoort|paszport\w*|pasaport\w*|паспорт\w*|护照(?:号码?)?|護照
    |旅券(?:番号)?|パスポート|여권(?:번호)?|पासपोर्ट|পাসপোর্ট|جواز(?:\ السفر)?
    |id(?:entity)?\ ?(?:card|number|no)|national\ id(?:entity)?|identification\ number
    |(?:personal)?ausweis\w*|carte\ d.identité|cédula|dni|nie|nif|cpf|rg|cnh|curp|rfc|cuil
    |cuit|rut|nik|ktp|kimlik|tc\ kimlik|tckn|dowód\w*|pesel|nip|身份证(?:号码?)?|身分證
    |マイナンバー|個人番号|주민(?:등록)?번호|आधार|aadhaar|aadhar|pan\ (?:card|number)|হিজিএন
    |هوية|الرقم\ القومي|شناسنامه|کد\ ملی|שקט|ת\.?ז|снилс|инн|снілс|ssn
    |ni\ (?:number|no)|pan(?=\s[A-Z]{5}\d)|egn|егн|oib|jmbg|emšo|emso|cnp|rodné\ číslo
    |isikukood|asmens\ kod\w+|personas\ kod\w+|személyi\ szám\w*|adószám
    |social\ security(?:\ number)?|(?:my|his|her|your|their)\ social
    |national\ insurance(?:\ (?:number|no))?|nino
    |sozialversicherungs(?:nummer|nr)|sv-?(?:nummer|nr)|hkid|nric|tfn|rentenversicherungsnummer
    |krankenversicher\w*|numéro\ de\ sécurité\ sociale|seguridad\ social|bsn|sin
    |medicare(?:\ (?:number|no))?|nhs(?:\ (?:number|no))?|nir|amka|afm|personnummer
    |fødselsnummer|cpr|steuer(?:-?id|nummer|identifikationsnummer)?|tax\ (?:id|number
    |identification\ number)|tin|itin|ein|utr|numéro\ fiscal|codice\ fiscale|partita\ iva
    |driver.?s?\ licen[cs]e|driving\ licen[cs]e|führerschein\w*|permis\ de\ conduire
    |licencia\ de\ conducir|carnet\ de\ conducir|patente|prawo\ jazdy|водительск\w+
    |(?:patient|member|insurance|policy|employee|student|medical\ record|mrn|matrikel
    |versicherungs|patienten|mitglieds|personal|kunden)[ -]?(?:id|number|no|nummer|nr)|mrn
    |licen[cs]e\ plate|number\ plate|kennzeichen|plate\ number|imei|vin
"""
_DOCUMENT = re.compile(
    rf"""(?<!\w)(?:{_DOCUMENT_WORDS})(?!\w)
        (?:\s?(?:number|no|nr|nummer|num|numéro|número|numero|card|id|号码|番号|번호
            |नंबर|নম্বর|رقم|номер))?
        \.?\s?(?:[:=\#：№]|is|ist|lautet|est|es|é|è|jest|adalah|это|是|は|है|هو)?\s{{0,2}}[\#№]?
        (?P<private>(?-i:[A-Z\d](?:[ .\-/]?[A-Z\d]){{4,20}})|[a-z\d]{{5,20}})(?!\w)
    """,
    re.VERBOSE | re.IGNORECASE,
)

_BORN_WORDS = r"""
    born(?:\ on)?|b\.|dob|d\.o\.b\.?|date\ of\ birth|birth\ ?da(?:te|y)(?:\ is)?|geb(?:oren
    |\.)?(?:\ am)?|geburts(?:datum|tag)|née?\ le|date\ de\ naissance|naci(?:ó|do
    |da)(?:\ el)?|fecha\ de\ nacimiento|nascid[oa](?:\ em|\ a)?|nasceu(?:\ em)?
    |data\ de\ nascimento|nat[oa](?:\ il)?|data\ di\ nascita|geboren(?:\ op)?|geboortedatum
    |urodz(?:ony|ona|\.)|data\ urodzenia|doğum\ tarihi|doğumlu|родил(?:ся|ась)
    |дата\ рождения|д\.\s?р\.|г\.\s?р\.|出生(?:日期|于|於)?|生日|生年月日|생년월일|생일
    |जन्म(?:\ ?तिथि)?|जन्मदिन|জন্ম(?:\ ?তারিখ)?|تاريخ\ الميلاد|مواليد|مولود|تاریخ\ (?:تولد
    |پیدائش)|ngày\ sinh|sinh\ ngày|tanggal\ lahir|lahir|tgl\ lahir|född|født|syntynyt
    |narozen\w*|născut\w*|γεννήθηκε|נולד\w*|תאריך\ לידה|วันเกิด
"""
_MONTHS = r"""
    (?:jan|feb|mar|mär|apr|abr|avr|may|mai|maj|mag|mei|jun|jui|giu|jul|lug|aug|août|ago|sep
    |set|oct|okt|ott|out|nov|dec|dez|dic|déc|янв|фев|мар|апр|мая|июн|июл|авг|сен|окт|ноя|дек
    |ene|gen|oca|şub|nis|haz|tem|ağu|eyl|eki|kas|ara|sty|lut|kwi|cze|lip|sie|wrz|paź|lis
    |gru)\w*
"""
_DATE = rf"""
    (?:\d{{1,4}}\s?[./年년-]\s?\d{{1,2}}\s?[./月월-]\s?\d{{1,4}}\s?[日일]?|\d{{1,2}}(?:st|nd
    |rd|th|er|\.)?\s(?:de\s|of\s)?{_MONTHS}\.?,?\s(?:de\s)?\d{{4}}
    |{_MONTHS}\.?\s\d{{1,2}}(?:st|nd|rd|th)?,?\s\d{{4}})
"""
_BIRTH = re.compile(
    rf"""(?<!\w)(?:{_BORN_WORDS})(?![^\W\d])\s?[:=：]?\s{{0,2}}
        (?:(?:is|est|ist|es|am|on|le|der)\s)?\(?(?P<private>{_DATE})(?!\d)
    | (?<!\d){_DATE}\s?(?:geboren|nacid[oa]|nascid[oa]|született
        |g\.\s?r\.|г\.\s?р\.|doğumlu|生まれ|出生|생(?!\w))
    """,
    re.IGNORECASE | re.VERBOSE,
)


_MACHINE_READABLE = re.compile(
    r"(?<![A-Z0-9<])(?:[PIACV][A-Z<][A-Z<]{3}(?=[A-Z0-9<]*<<)[A-Z0-9<]{13,39}"
    r"|[A-Z0-9<]{9}\d[A-Z<]{3}\d{7}[MFX<]\d{7}[A-Z0-9<]{2,16})(?![A-Z0-9<])"
)
"""The machine-readable lines of a passport or identity card (ICAO 9303)."""


def _is_number(text: str) -> bool:
    return len(digits(text)) >= _LEAST_DIGITS


@lru_cache(maxsize=64)
def _validator(module: str) -> Callable[[str], bool]:
    """Raises `LookupError` if python-stdnum has no such module."""
    country, name = module.split(".")
    module_of_country = get_cc_module(country, name)
    if module_of_country is None:
        raise LookupError(f"python-stdnum has no {module}")
    return module_of_country.is_valid


def _shaped(module: str, form: str) -> Finder:
    """A finder of one country's numbers."""

    def is_real(text: str) -> bool:
        if len(set(digits(text))) < 3:
            return False
        return bool(_validator(module)(text.upper()))

    return Finder(
        "ids",
        "id",
        re.compile(rf"(?<![\w.,/+-])(?:{form})(?![\w/]|[.,-]\w)", re.IGNORECASE),
        is_real,
    )


IDS = (
    Finder("ids", "birth date", _BIRTH),
    Finder("ids", "id", _DOCUMENT, _is_number),
    Finder("ids", "id", _MACHINE_READABLE),
    *(_shaped(module, form) for module, form in _SHAPED.items()),
)
