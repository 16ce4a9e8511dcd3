"""The words by which labels and keys say that they hold a day or an hour of delivery, or another. Data.

Labels are written by shops in their own language and keys by the programs of apps and plugins, so all
languages are looked up for every order. Words are without accents and in small letters, as :func:`words_of`
gives them. Besides English these are the languages of the countries where CoopCycle is used, and of their
neighbours; a language whose words are missing here loses nothing but the reading: its labels are named by
the connection.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

LONGEST_NAME = 160
_LETTERS = str.maketrans({"ß": "ss", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "œ": "oe", "ı": "i", "ð": "d"})
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_WORD = re.compile(r"[^\W_]+")


def word_set(text: str) -> frozenset[str]:
    """Return the words of a table, which has blanks between them."""
    return frozenset(text.split())


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def phrases(text: str) -> frozenset[str]:
    """Return the phrases of a table, which has commas between them."""
    return frozenset(part.strip() for part in text.split(","))


# --- what a name speaks of ------------------------------------------------------------------------

# Parts of words: "Lieferdatum", "leveringsdato", "amdeliverydate_date". Receiving is the same moment.
DELIVERY_PARTS = _words(
    "reception recepcion deliver livrais livrer livrez liefer zustell entreg entrega consegn recapit "
    "bezorg levering leverans leverdat leverdag levertid levertijd leveres levere leveran toimitus "
    "toimitet kuljetus dostaw dostarcz dorecz lliura doruc dodani kezbesit szallit livrare livrari dostav "
    "teslim afhending kohaletoim piegad pristatym isporuk доставк παραδοσ recevoir receive recibir "
    "erhalten ricever receber ontvang modtage vastaanot otrzyma arrival arrivee ankunft llegada"
)
DELIVERY_WORDS = word_set(
    "shipping ship versand envio envios verzending verzenddatum spedizione expedition frakt forsendelse "
    "arrive leverer livre livree livres drop dropoff enviament bringen brengen"
)
DATE_WORDS = word_set(
    "date dates datum datums data dato dag day days jour journee tag dia giorno giornata paiva pvm "
    "paivamaara paivana dzien dnia den dne termin termine nap datuma kuupaev dagsetning tarih tarihi дата "
    "ημερομηνια gun fecha fechas datos when quand wann cuando quando wanneer hvornar nar kiedy milloin kdy "
    "mikor quan calendar calendrier kalender appointment rendezvous rdv cita timestamp datetime ymd weekday "
    "wochentag"
)
TIME_WORDS = word_set(
    "time times timing datetime slot slots timeslot timeslots timeframe window hour hours heure heures "
    "horaire horaires creneau creneaux plage uhrzeit zeit zeitraum zeitfenster hora horas horario horarios "
    "horaria oraria franja ora orario fascia tijd tijdslot tijdvak tijdstip tijdsvak tid tidspunkt tidsrum "
    "tidsrom tidsintervall tidslucka klokkeslett klokkeslet aika aikavali kello kellonaika czas czasu "
    "godzina godziny godzinie cas hodina idopont saat время ωρα vreme period periode interval intervalle "
    "intervallo moment"
)
# Ends of compound words, behind one of the parts above or a wish: "Wunschtermin", "leveringstid".
DATE_ENDS = _words("datum dato date dates dag tag day termin paiva paivamaara data")
TIME_ENDS = _words(
    "zeit zeitfenster uhrzeit tijd tijdslot tijdvak tid tidspunkt tidsrum aika time slot timeslot "
    "fenster ajankohta window frame"
)
WISH_PARTS = _words(
    "wunsch gewunsch gewenst wens souhait prefer nominat request desir desead desej desider onske "
    "onskad toivot zyczen choisi chosen select elegid escolh scelt gewahlt gekozen valgt vald valittu "
    "wybran schedul planned"
)
FROM_WORDS = word_set(
    "from start starts begin begins beginning since von ab desde debut inizio van fra fran od min"
)
TO_WORDS = word_set("to end ends until till finish bis hasta fin fine tot til ate do max before")
# Of these, the ones that mean an end wherever they stand in a name: "delivery_start_time".
_ENDS_ANYWHERE = word_set(
    "start starts begin begins beginning from end ends finish until desde hasta inizio debut"
)
# Words beside these that change nothing: questions, articles, what an order is called.
FILLER = word_set(
    "the a an of for at on in by my your our you we i do does would like want wanted please is it be to "
    "what which le la les l d de du des en et a au aux pour par un une quel quelle votre vos notre vous "
    "nous voulez voudriez je que qu souhaitez commande bestellung ihre ihr sie wir mochten mochtest durfen "
    "soll der die das den dem fur am um und el los las lo del para por su sus tu queres quieres quiere "
    "quieren desea pedido orden il lo gli di da per vuoi volete vuole ordine o os as no na do seu sua quer "
    "het een voor op uw je wilt u bestelling er din dit vi skal kan du og den det ska vill och ma jos "
    "tilaus order orders item product cart checkout customer shop store bike velo fahrrad bici fiets cykel "
    "cyklo 1 2 3 system lite pro wc woo value s display formatted field custom meta hidden local same y "
    "i w z przez na"
)

# What makes a day or an hour something else; parts of words.
OTHER_PARTS: Mapping[str, tuple[str, ...]] = {
    "a birth": _words(
        "birth naissance geburt nacimiento nascita nasciment geboort fodsel fodelse syntym urodz "
        "naixement anniversaire verjaardag compleanno cumple aniversari narozen szulet naster rojstv "
        "roden bday"
    ),
    "a payment or an invoice": _words(
        "payment paiement zahlung bezahl betaling betaal pagament maksu platn platb invoice facture "
        "rechnung factura fattura fatura factuur faktur lasku receipt billing deposit transaction "
        "capture payout vencim scadenza vervaldat forfald forfall fallig echeance zaplat szamla "
        "betalning"
    ),
    "a warranty or a term of validity": _words(
        "warranty garanti garanz garantie gewahrleist takuu gwaranc zaruk expir ablauf gultig caducid "
        "peremption validity valable valid houdbaar holdbar scaden validade voimassa waznos haltbar"
    ),
    "a consent": _words(
        "consent einwillig toestemming samtykke samtyck suostum zgod gdpr rgpd dsgvo conditions "
        "privacy newsletter marketing accepted accepte akzept cookie subscribe optin agree zustimm"
    ),
    "a campaign or a visit": _words(
        "campaign campagn kampan campana campanha promo coupon voucher attribution session utm visit "
        "referrer besuch tracking analytics kampagne"
    ),
    "the life of the record": _words(
        "created creation updated modif erstellt creado creat aangemaakt imported exported synced "
        "synchron printed imprim emailed notified reminder registr signup published completed cancel "
        "storn annul refund return ruckgab retour tracked shipped shipment dispatched processed"
    ),
    "a subscription": _words("subscription abonnement suscrip assinatura renewal recurr trial"),
    "when the shop opens": _words(
        "opening ouvertur offnungs apertura openingst abningst abertura aukiolo otwarc"
    ),
    "an estimate": _words(
        "estimat estime geschatz voraussichtl schatz geschat estimad stimat previst prevu verwacht "
        "forventet forventad beraknad arvioitu expected leadtime"
    ),
}
OTHER_WORDS: Mapping[str, str] = {
    **dict.fromkeys(word_set("dob geb ne nee born"), "a birth"),
    **dict.fromkeys(
        word_set("paid pay paye payee bezahlt pago pagado due iban bill"), "a payment or an invoice"
    ),
    **dict.fromkeys(word_set("terms agb cgv tos opt"), "a consent"),
    **dict.fromkeys(word_set("sale sales offer offre angebot promotion"), "a campaign or a visit"),
    **dict.fromkeys(word_set("log version release sent login last"), "the life of the record"),
    **dict.fromkeys(word_set("eta lead delai frist"), "an estimate"),
}
_ENGLISH = word_set("delivery deliver shipping order")
# What says something about a day or an hour, and is none.
ABOUT_WORDS = word_set(
    "format enabled enable fee fees cost costs price prix preis preise charge charges zone status count "
    "note notes instructions instruction comment comments address adresse location locations city label "
    "title notice text message phone email name type method mode option gmt timezone tz limit cutoff "
    "lockout number nr num distance id ids days_count surcharge tip hash code codes url link zip "
    "postcode country state street"
)
# Collecting in the shop; parts of words, and words.
COLLECTION_PARTS = _words(
    "pickup retrait retirer abhol recogida recoger recojo ritiro ritirare levantamento retirada afhaal "
    "afhalen ophaal ophalen afhent avhamt hamtning henting hentes nouto noudet odbior recollida "
    "takeaway takeout collection selbstab emporter asporto osobni atvetel ridicare odber"
)
COLLECTION_WORDS = word_set("collect collecting retiro hamta hente henter enlevement click")

# --- what a value says besides days and hours -----------------------------------------------------

# No time at all: whole texts.
NO_TIME = phrases(
    "asap, as soon as possible, soonest, now, anytime, any time, any, whenever, flexible, all day, no "
    "preference, no preferred time, dès que possible, au plus vite, au plus tôt, le plus tôt possible, "
    "le plus vite possible, maintenant, n'importe quand, peu importe, indifférent, sans préférence, "
    "toute la journée, so schnell wie möglich, so bald wie möglich, schnellstmöglich, baldmöglichst, "
    "sobald wie möglich, so früh wie möglich, sofort, jederzeit, egal, ganztägig, ganzer tag, keine "
    "präferenz, beliebig, lo antes posible, cuanto antes, lo más pronto posible, ahora, en cualquier "
    "momento, cualquier hora, todo el día, il prima, il prima possibile, al più presto, appena "
    "possibile, prima possibile, in qualsiasi momento, qualsiasi orario, tutto il giorno, o mais "
    "rápido possível, o mais breve possível, quanto antes, assim que possível, o quanto antes, a "
    "qualquer hora, qualquer hora, o dia todo, zo snel mogelijk, zo spoedig mogelijk, z.s.m, zsm, elk "
    "moment, maakt niet uit, hele dag, de hele dag, geen voorkeur, hurtigst muligt, så hurtigt som "
    "muligt, snarest, snarest muligt, når som helst, hele dagen, så snart som möjligt, så fort som "
    "möjligt, när som helst, hela dagen, så snart som mulig, så raskt som mulig, snarest mulig, "
    "mahdollisimman pian, niin pian kuin mahdollista, heti, milloin vain, koko päivä, jak najszybciej, "
    "najszybciej jak to możliwe, jak najwcześniej, dowolnie, o dowolnej porze, cały dzień, tan aviat "
    "com sigui possible, el més aviat possible, com més aviat millor, qualsevol hora, tot el dia, co "
    "nejdříve, kdykoliv, amint lehet, minél hamarabb, bármikor, cât mai repede, oricând, što prije, "
    "čim prej, якнайшвидше, το συντομότερο δυνατό"
)
# What people and programs write where nothing was chosen: whole texts.
NOTHING = phrases(
    "-, --, –, n/a, na, n.a., none, null, nil, undefined, false, no, off, true, yes, on, oui, non, ja, "
    "nein, nee, nei, nej, si, sì, sí, sim, não, nao, kyllä, ei, tak, nie, 0000-00-00, 0000-00-00 "
    "00:00:00, array, invalid date, not specified, not selected, select, please select, choose, "
    "choisir, auswählen, bitte wählen, seleccionar, kies, vælg, välj, wybierz"
)
# Parts of the day, which the connection's day_parts give their hours.
PARTS_OF_A_DAY = word_set(
    "morning noon midday afternoon evening night lunch dinner breakfast matin matinee midi apres-midi soir "
    "soiree morgens vormittag vormittags mittag mittags nachmittag nachmittags abend abends nacht manana "
    "mediodia tarde noche mattina mattino pomeriggio sera manha noite ochtend middag avond formiddag "
    "eftermiddag aften kveld formiddagen morgon kvall aamu aamupaiva iltapaiva ilta rano popoludnie "
    "wieczor mati migdia vespre"
)
# Units of a time that deliveries take: "2-3 Werktage", "24/48 h", "30 min" choose neither a day nor an hour.
TAKES_PARTS = _words(
    "day jour tag dia giorn dag paiv dni dzien week semaine woche semana settiman uke uge vecka viikko "
    "tydz month mois monat mes minut ouvr laboral lavorativ uteis working business werk hverdag "
    "arkipaiv robocz"
)
_MONDAY_TO_SUNDAY: Mapping[str, str] = {
    "en": "monday tuesday wednesday thursday friday saturday sunday",
    "fr": "lundi mardi mercredi jeudi vendredi samedi dimanche",
    "de": "montag dienstag mittwoch donnerstag freitag samstag sonntag",
    "es": "lunes martes miercoles jueves viernes sabado domingo",
    "it": "lunedi martedi mercoledi giovedi venerdi sabato domenica",
    "pt": "segunda terca quarta quinta sexta sabado domingo",
    "nl": "maandag dinsdag woensdag donderdag vrijdag zaterdag zondag",
    "da": "mandag tirsdag onsdag torsdag fredag lordag sondag",
    "nb": "mandag tirsdag onsdag torsdag fredag lordag sondag",
    "nn": "mandag tysdag onsdag torsdag fredag laurdag sundag",
    "sv": "mandag tisdag onsdag torsdag fredag lordag sondag",
    "fi": "maanantai tiistai keskiviikko torstai perjantai lauantai sunnuntai",
    "pl": "poniedzialek wtorek sroda czwartek piatek sobota niedziela",
    "ca": "dilluns dimarts dimecres dijous divendres dissabte diumenge",
    "cs": "pondeli utery streda ctvrtek patek sobota nedele",
    "hu": "hetfo kedd szerda csutortok pentek szombat vasarnap",
    "ro": "luni marti miercuri joi vineri sambata duminica",
}
# Abbreviations and second names that are no words of their own.
_MORE_WEEKDAYS: Mapping[str, str] = {
    "en": "mon tue wed thu fri sat sun",
    "de": "mo di mi do fr sonnabend so",
    "pt": "segunda-feira terca-feira quarta-feira quinta-feira sexta-feira sabado domingo",
}


def weekdays(languages: tuple[str, ...]) -> dict[str, int]:
    """Return the names of weekdays in some languages, without accents; Monday is 0."""
    found: dict[str, int] = {}
    for language in languages:
        for table in (_MONDAY_TO_SUNDAY, _MORE_WEEKDAYS):
            for number, name in enumerate(table.get(language, "").split()):
                found.setdefault(name, number)
    return found


# --- names ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Name:
    """What a label or a key speaks of, judging by its words.

    ``other`` says what else its day or hour is of; empty where it may be a choice. ``plain`` means that every
    word of it is known here, ``edge`` is "from" or "to" where it holds one end of a time.
    """

    words: tuple[str, ...] = ()
    delivery: bool = False
    date: bool = False
    time: bool = False
    edge: str = ""
    plain: bool = False
    collection: bool = False
    other: str = ""

    @property
    def stem(self) -> str:
        """The name without the word for its end: the same for both ends of a time."""
        return " ".join(word for word in self.words if word not in FROM_WORDS | TO_WORDS)


def plain_text(text: str) -> str:
    """Write a text without accents and in small letters, so that spellings compare equal."""
    if text.isascii():
        return text.casefold()
    decomposed = unicodedata.normalize("NFKD", text).casefold().translate(_LETTERS)
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def words_of(name: str) -> tuple[str, ...]:
    """Return the words of a label or a key: "_deliveryDate" and "Delivery Date:" are alike."""
    return tuple(_WORD.findall(plain_text(_CAMEL.sub(" ", name[:LONGEST_NAME]))))


def _has(word: str, parts: tuple[str, ...]) -> bool:
    return any(part in word for part in parts)


def _is_compound(word: str, ends: tuple[str, ...]) -> bool:
    return word.endswith(ends) and (_has(word, DELIVERY_PARTS) or _has(word, WISH_PARTS))


def read_name(name: str) -> Name:
    """Read a label or a key."""
    return _read_name(name[:LONGEST_NAME])


@lru_cache(maxsize=1024)  # a shop's labels are the same in each of its orders
def _read_name(name: str) -> Name:
    words = words_of(name)
    delivery = [word for word in words if word in DELIVERY_WORDS or _has(word, DELIVERY_PARTS)]
    dates = [word for word in words if word in DATE_WORDS or _is_compound(word, DATE_ENDS)]
    times = [word for word in words if word in TIME_WORDS or _is_compound(word, TIME_ENDS)]
    collection = any(word in COLLECTION_WORDS or _has(word, COLLECTION_PARTS) for word in words)
    if dates == ["data"] and _ENGLISH & set(words):
        dates = []  # "delivery data"
    known = {*delivery, *dates, *times}
    ends = words[-1:] if words[-1:] and words[-1] in FROM_WORDS | TO_WORDS else ()
    edge = next(iter([*ends, *(word for word in words if word in _ENDS_ANYWHERE)]), "")
    about = any(word in ABOUT_WORDS for word in words)
    return Name(
        words=words,
        delivery=bool(delivery),
        date=bool(dates),
        time=bool(times),
        edge=("from" if edge in FROM_WORDS else "to") if edge else "",
        plain=all(
            word in known or word in FILLER or word == edge or _has(word, (*WISH_PARTS, *COLLECTION_PARTS))
            for word in words
        ),
        collection=collection,
        other=_other(words, known) or ("says something about it" if about else "") or _of_the_order(words),
    )


def _other(words: tuple[str, ...], known: set[str]) -> str:
    for word in words:
        if word in OTHER_WORDS:
            return OTHER_WORDS[word]
        if word not in known:
            for what, parts in OTHER_PARTS.items():
                if _has(word, parts):
                    return what
        elif what := next((what for what in ("a birth", "an estimate") if _has(word, OTHER_PARTS[what])), ""):
            return what
    return ""


_ORDER_DATE = re.compile(
    r"(?:date )?(?:ordered|commande|bestell\w*|pedido|orden|ordine|ordre|tilaus\w*|zamowieni\w*|order\w*)"
    r"(?: (?:date|time|placed|am|at|on|day|datum|dato|received))*"
    r"|(?:date|fecha|data|datum|dato|heure|hora) (?:de |da |do |of |del |der |la |the |di |dell )*"
    r"(?:order|commande|pedido|orden|ordine|bestellung|bestelling|encomenda|achat|compra|purchase)"
)


def _of_the_order(words: tuple[str, ...]) -> str:
    return "the time of the order itself" if _ORDER_DATE.fullmatch(" ".join(words)) else ""
