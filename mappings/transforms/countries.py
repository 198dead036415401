"""Countries: from a name or code in any usual spelling to the ISO 3166-1 code or the English short name.

The table holds all 249 entries of ISO 3166-1 and Kosovo by their common English names; further spellings, and Hebrew
names of the countries that Israeli lists hold most, stand below it. A vendor that wants other names needs `map_values`.
"""

from __future__ import annotations

import unicodedata
from typing import Any

from ..values import text_of
from .base import Example, Noted, Parameter, Transform

_COUNTRIES = """
AF AFG Afghanistan
AX ALA Åland Islands
AL ALB Albania
DZ DZA Algeria
AS ASM American Samoa
AD AND Andorra
AO AGO Angola
AI AIA Anguilla
AQ ATA Antarctica
AG ATG Antigua and Barbuda
AR ARG Argentina
AM ARM Armenia
AW ABW Aruba
AU AUS Australia
AT AUT Austria
AZ AZE Azerbaijan
BS BHS Bahamas
BH BHR Bahrain
BD BGD Bangladesh
BB BRB Barbados
BY BLR Belarus
BE BEL Belgium
BZ BLZ Belize
BJ BEN Benin
BM BMU Bermuda
BT BTN Bhutan
BO BOL Bolivia
BQ BES Bonaire, Sint Eustatius and Saba
BA BIH Bosnia and Herzegovina
BW BWA Botswana
BV BVT Bouvet Island
BR BRA Brazil
IO IOT British Indian Ocean Territory
BN BRN Brunei
BG BGR Bulgaria
BF BFA Burkina Faso
BI BDI Burundi
CV CPV Cabo Verde
KH KHM Cambodia
CM CMR Cameroon
CA CAN Canada
KY CYM Cayman Islands
CF CAF Central African Republic
TD TCD Chad
CL CHL Chile
CN CHN China
CX CXR Christmas Island
CC CCK Cocos (Keeling) Islands
CO COL Colombia
KM COM Comoros
CG COG Congo
CD COD Democratic Republic of the Congo
CK COK Cook Islands
CR CRI Costa Rica
CI CIV Côte d'Ivoire
HR HRV Croatia
CU CUB Cuba
CW CUW Curaçao
CY CYP Cyprus
CZ CZE Czechia
DK DNK Denmark
DJ DJI Djibouti
DM DMA Dominica
DO DOM Dominican Republic
EC ECU Ecuador
EG EGY Egypt
SV SLV El Salvador
GQ GNQ Equatorial Guinea
ER ERI Eritrea
EE EST Estonia
SZ SWZ Eswatini
ET ETH Ethiopia
FK FLK Falkland Islands
FO FRO Faroe Islands
FJ FJI Fiji
FI FIN Finland
FR FRA France
GF GUF French Guiana
PF PYF French Polynesia
TF ATF French Southern Territories
GA GAB Gabon
GM GMB Gambia
GE GEO Georgia
DE DEU Germany
GH GHA Ghana
GI GIB Gibraltar
GR GRC Greece
GL GRL Greenland
GD GRD Grenada
GP GLP Guadeloupe
GU GUM Guam
GT GTM Guatemala
GG GGY Guernsey
GN GIN Guinea
GW GNB Guinea-Bissau
GY GUY Guyana
HT HTI Haiti
HM HMD Heard Island and McDonald Islands
VA VAT Holy See
HN HND Honduras
HK HKG Hong Kong
HU HUN Hungary
IS ISL Iceland
IN IND India
ID IDN Indonesia
IR IRN Iran
IQ IRQ Iraq
IE IRL Ireland
IM IMN Isle of Man
IL ISR Israel
IT ITA Italy
JM JAM Jamaica
JP JPN Japan
JE JEY Jersey
JO JOR Jordan
KZ KAZ Kazakhstan
KE KEN Kenya
KI KIR Kiribati
KP PRK North Korea
KR KOR South Korea
KW KWT Kuwait
KG KGZ Kyrgyzstan
LA LAO Laos
LV LVA Latvia
LB LBN Lebanon
LS LSO Lesotho
LR LBR Liberia
LY LBY Libya
LI LIE Liechtenstein
LT LTU Lithuania
LU LUX Luxembourg
MO MAC Macao
MG MDG Madagascar
MW MWI Malawi
MY MYS Malaysia
MV MDV Maldives
ML MLI Mali
MT MLT Malta
MH MHL Marshall Islands
MQ MTQ Martinique
MR MRT Mauritania
MU MUS Mauritius
YT MYT Mayotte
MX MEX Mexico
FM FSM Micronesia
MD MDA Moldova
MC MCO Monaco
MN MNG Mongolia
ME MNE Montenegro
MS MSR Montserrat
MA MAR Morocco
MZ MOZ Mozambique
MM MMR Myanmar
NA NAM Namibia
NR NRU Nauru
NP NPL Nepal
NL NLD Netherlands
NC NCL New Caledonia
NZ NZL New Zealand
NI NIC Nicaragua
NE NER Niger
NG NGA Nigeria
NU NIU Niue
NF NFK Norfolk Island
MK MKD North Macedonia
MP MNP Northern Mariana Islands
NO NOR Norway
OM OMN Oman
PK PAK Pakistan
PW PLW Palau
PS PSE Palestine
PA PAN Panama
PG PNG Papua New Guinea
PY PRY Paraguay
PE PER Peru
PH PHL Philippines
PN PCN Pitcairn
PL POL Poland
PT PRT Portugal
PR PRI Puerto Rico
QA QAT Qatar
RE REU Réunion
RO ROU Romania
RU RUS Russia
RW RWA Rwanda
BL BLM Saint Barthélemy
SH SHN Saint Helena
KN KNA Saint Kitts and Nevis
LC LCA Saint Lucia
MF MAF Saint Martin
PM SPM Saint Pierre and Miquelon
VC VCT Saint Vincent and the Grenadines
WS WSM Samoa
SM SMR San Marino
ST STP São Tomé and Príncipe
SA SAU Saudi Arabia
SN SEN Senegal
RS SRB Serbia
SC SYC Seychelles
SL SLE Sierra Leone
SG SGP Singapore
SX SXM Sint Maarten
SK SVK Slovakia
SI SVN Slovenia
SB SLB Solomon Islands
SO SOM Somalia
ZA ZAF South Africa
GS SGS South Georgia and the South Sandwich Islands
SS SSD South Sudan
ES ESP Spain
LK LKA Sri Lanka
SD SDN Sudan
SR SUR Suriname
SJ SJM Svalbard and Jan Mayen
SE SWE Sweden
CH CHE Switzerland
SY SYR Syria
TW TWN Taiwan
TJ TJK Tajikistan
TZ TZA Tanzania
TH THA Thailand
TL TLS Timor-Leste
TG TGO Togo
TK TKL Tokelau
TO TON Tonga
TT TTO Trinidad and Tobago
TN TUN Tunisia
TR TUR Türkiye
TM TKM Turkmenistan
TC TCA Turks and Caicos Islands
TV TUV Tuvalu
UG UGA Uganda
UA UKR Ukraine
AE ARE United Arab Emirates
GB GBR United Kingdom
US USA United States
UM UMI United States Minor Outlying Islands
UY URY Uruguay
UZ UZB Uzbekistan
VU VUT Vanuatu
VE VEN Venezuela
VN VNM Vietnam
VG VGB British Virgin Islands
VI VIR U.S. Virgin Islands
WF WLF Wallis and Futuna
XK XKX Kosovo
EH ESH Western Sahara
YE YEM Yemen
ZM ZMB Zambia
ZW ZWE Zimbabwe
"""

_ALSO = {
    "US": 'USA|U.S.A.|U.S.|United States of America|America|ארצות הברית|ארה"ב|ארהב',
    "GB": "UK|U.K.|Great Britain|Britain|England|Scotland|Wales|Northern Ireland|בריטניה|אנגליה|הממלכה המאוחדת",
    "IL": "ישראל|State of Israel",
    "DE": "Deutschland|גרמניה",
    "FR": "צרפת",
    "IT": "Italia|איטליה",
    "ES": "España|ספרד",
    "PT": "פורטוגל",
    "NL": "Holland|The Netherlands|Nederland|הולנד",
    "BE": "België|Belgique|בלגיה",
    "CH": "Schweiz|Suisse|Svizzera|שווייץ|שוויץ",
    "AT": "Österreich|אוסטריה",
    "PL": "Polska|פולין",
    "CZ": "Czech Republic|צ'כיה",
    "GR": "יוון",
    "CY": "קפריסין",
    "RO": "רומניה",
    "HU": "הונגריה",
    "BG": "בולגריה",
    "UA": "אוקראינה",
    "RU": "Russian Federation|רוסיה",
    "GE": "גאורגיה|גיאורגיה",
    "TR": "Turkey|טורקיה|תורכיה",
    "SE": "שוודיה",
    "NO": "נורווגיה|נורבגיה",
    "DK": "דנמרק",
    "FI": "פינלנד",
    "IE": "Republic of Ireland|אירלנד",
    "CA": "קנדה",
    "MX": "México|מקסיקו",
    "BR": "Brasil|ברזיל",
    "AR": "ארגנטינה",
    "AU": "אוסטרליה",
    "NZ": "ניו זילנד",
    "ZA": "דרום אפריקה",
    "IN": "הודו",
    "CN": "People's Republic of China|PRC|סין",
    "JP": "יפן",
    "KR": "Korea|Republic of Korea|דרום קוריאה",
    "TH": "תאילנד",
    "SG": "סינגפור",
    "AE": "UAE|U.A.E.|Emirates|איחוד האמירויות",
    "JO": "ירדן",
    "EG": "מצרים",
    "MA": "מרוקו",
    "ET": "אתיופיה",
    "CI": "Ivory Coast",
    "CV": "Cape Verde",
    "CD": "DR Congo|Congo-Kinshasa",
    "SZ": "Swaziland",
    "MK": "Macedonia",
    "MM": "Burma",
    "MO": "Macau",
    "TL": "East Timor",
    "VA": "Vatican|Vatican City",
    "VN": "Viet Nam",
    "BN": "Brunei Darussalam",
    "LA": "Lao",
    "SY": "Syrian Arab Republic",
    "IR": "Islamic Republic of Iran",
    "TW": "Republic of China",
}


def _key(text: str) -> str:
    """Letters and digits only, without accents and case: "Côte d’Ivoire" is "cotedivoire"."""
    return "".join(character for character in unicodedata.normalize("NFKD", text).casefold() if character.isalnum())


_ROWS = {row[:2]: (row[3:6], row[7:]) for row in _COUNTRIES.strip().splitlines()}
_CODES = {
    _key(word): code
    for code, (alpha3, name) in _ROWS.items()
    for word in (code, alpha3, name, *_ALSO.get(code, code).split("|"))
}


def country(value: Any, to: str) -> Any:
    key = _key(text_of(value))
    code = _CODES.get(key) or _CODES.get(key.removeprefix("the"))
    if not code:
        return Noted(None, "Dropped: no known country.")
    alpha3, name = _ROWS[code]
    return {"code3": alpha3, "name": name}.get(to, code)


TRANSFORMS = (
    Transform(
        "country",
        "Country",
        "The two-letter code of a country (ISO 3166), from its English or Hebrew name or a code; others are dropped.",
        "one",
        country,
        (
            Example("country", "Israel", "IL"),
            Example("country", "usa", "US"),
            Example("country", "ישראל", "IL"),
            Example({"country": "name"}, "DE", "Germany"),
        ),
        (
            Parameter(
                "to",
                "choice",
                "Two-letter code, three-letter code or English name.",
                default="code",
                choices=("code", "code3", "name"),
            ),
        ),
    ),
)
