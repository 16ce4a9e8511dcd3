"""How programs and people name the parts of an address. Tables, by folded names.

Each row stands for what some system writes: Shopify (address1, zip), WooCommerce and Medusa (address_1),
Vendure (streetLine1), Saleor (streetAddress1, street_address_1), Shippo and ShipStation (street1), Ecwid,
Shopware (additionalAddressLine1, zipcode), commercetools (streetName, streetNumber, additionalAddressInfo),
Deliverect (extraAddressInfo), MyParcel (number, number_suffix, cc), Uber and Postmates (street_address_1),
Bringg (address_second_line), Magento (street as a list, region as an object), Jotform (addr_line1, postal),
Typeform, Gravity Forms, Google's Places (route, street_number, locality), schema.org (streetAddress,
addressLocality), OpenStreetMap (housenumber, suburb), and what people call it in the languages of
CoopCycle's countries.
"""

from __future__ import annotations

from collections.abc import Mapping


def _in_order(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Of our own parts; the first name that holds something wins.
PART_NAMES: Mapping[str, tuple[str, ...]] = {
    part: tuple(names.split())
    for part, names in {
        "line1": """
            line1 addrline1 address1 addressline1 street1 streetaddress1 streetline1 streetaddress
            street streetname streetline address addressline road roadname route thoroughfare
            thoroughfarename adresse adresse1 ligne1 adresseligne1 rue nomrue voie strasse
            strassenname anschrift straat straatnaam calle direccion direccion1 via indirizzo rua
            logradouro endereco morada gade vej adress gata gatuadress osoite katuosoite ulica adres
            carrer adreca
        """,
        "line2": """
            line2 addrline2 address2 addressline2 street2 streetaddress2 streetline2 secondline
            additionaladdressline1 additionaladdressline additionaladdressinfo additionaladdress
            addressadditional additionaladdressinformation extraaddressinfo extraaddress extraline
            extrainfo extra additionalinfo additionalinformation additional addition subpremise
            complement complementaddress complementadresse complementdadresse adresse2 ligne2
            adressecomplement complemento adresszusatz adresszusatz1 zusatz toevoegingadres
            direccion2 presso adress2 adresseligne2
        """,
        "line3": """
            line3 addrline3 address3 addressline3 street3 streetaddress3 streetline3
            additionaladdressline2 line4 address4 addressline4 adresszusatz2
        """,
        "postcode": """
            postcode postal zip zipcode postalcode zippostal zippostalcode postcodezip
            ziporpostalcode postalzip postalnumber postnumber pincode pin eircode codepostal cp plz
            postleitzahl codigopostal cep cap codiceavviamento postnummer postnr postinumero
            kodpocztowy kod codipostal psc
        """,
        "city": """
            city town locality cityname townname citytown towncity posttown village municipality
            addresslocality ville commune localite stadt ort wohnort ciudad localidad poblacion
            municipio citta comune cidade localidade plaats plaatsnaam woonplaats stad gemeente by
            postort postby kaupunki postitoimipaikka miasto miejscowosc ciutat
        """,
        "district": """
            district neighborhood neighbourhood suburb bairro quarter citydistrict arrondissement
            borough sublocality dependentlocality barrio barri colonia quartier stadtteil wijk
        """,
        "state": """
            state province region statecode provincecode regioncode stateprovince provincestate
            stateorprovince stateorprovincecode stateorprovincename stateprovincecode statename
            provincename regionname stateregion county prefecture administrativearea addressregion
            estado provincia bundesland kanton canton uf departamentoestado
        """,
        "country": """
            country countryname addresscountry countryregion pays land pais paese pays1 staat maa
            kraj
        """,
        "country_code": """
            countrycode countryiso countryiso2 countryiso3 countrycode2 countrycode3
            countrycodealpha2 countrycodealpha3 countryisocode countryisocode2 countryisocode3
            isocountry isocountrycode countryalpha2 countryalpha3 countrycodev2 countrycodev3
            countryid iso2 cc paysiso codepays landcode laendercode
        """,
        "house_number": """
            housenumber houseno housenr housenum streetnumber streetno streetnr streetnum
            buildingnumber civicnumber addressnumber number num numero numerocivico numerorue
            numvoie numerovoie numeroexterior nrcivico civico hausnummer hausnr hnr huisnummer
            huisnr nummer nr husnummer husnr talonumero numerdomu numerporta house
        """,
        "addition": """
            housenumbersuffix housenumberaddition housenumberextension housenumberext
            housenumberletter numbersuffix numberaddition streetnumbersuffix huisnummertoevoeging
            toevoeging huisletter hausnummerzusatz bis indicerepetition
        """,
        "latitude": "latitude lat geolat addresslatitude",
        "longitude": "longitude lng lon long geolng geolon geolong addresslongitude",
        "whole": "formattedaddress fulladdress addressformatted formatted full displayaddress addresstext",
    }.items()
}

# Of what stands in a house, each with the word that a bare value ("3", "B") is shown with.
UNIT_NAMES: Mapping[str, str] = {
    name: word
    for word, names in {
        "building": """
            building buildingname buildingno block tower batiment immeuble residence gebaude gebouw
            edificio bloque bloco palazzo housename
        """,
        "entrance": "entrance entree eingang portal entrada ingang uppgang opgang aufgang",
        "staircase": "staircase stairs stair stairway escalier escalera escada scala treppe trappa",
        "floor": "floor floornumber storey level etage stockwerk piso planta andar verdieping piano kerros",
        "flat": """
            flat flatnumber apartment apartmentnumber apartmentno appartment apt aptnumber aptno
            unit unitnumber unitno suite suitenumber aptsuite aptunit apartmentsuite unitnr room
            roomnumber appartement wohnung apartamento apto departamento depto interior
            numerointerior interno appartamento lejlighed lagenhet asunto mieszkanie numerlokalu
        """,
        "door": "door doornumber porte puerta porta tur deur dorr ovi",
        "box": "box boxnumber boxno boite bus busnummer",
        "code": "doorcode accesscode entrycode gatecode digicode buzzer intercom interphone citofono",
    }.items()
    for name in names.split()
}

# Names that mean a part of an address only beside one: in a whole form they may be anything.
ONLY_IN_AN_ADDRESS = _words(
    """
    address adresse adress road via by gade gata cap cp cep cc kod pin psc number num nr numero
    nummer civico house bis extra extrainfo additional addition additionalinfo
    additionalinformation complement complemento zusatz full formatted state region land staat
    quarter district suburb municipality village commune comune building block tower stairs
    level unit room box bus interior interno andar porta puerta portal piano
    """
)

# In which other objects of an address coordinates stand.
PLACE_NAMES = _words("location geo geolocation coordinates coords position latlng latlong gps point")

# Before the name of a part: of the address that goods are sent to, and of others.
OWN_PREFIXES = (
    *("shipping", "delivery", "dropoff", "destination", "recipient", "consignee", "receiver", "livraison"),
    *("liefer", "ship", "physical", "customer"),
)
NEUTRAL_PREFIXES = ("address", "addr", "adresse", "contact", "primary", "the", "to")
OTHER_PREFIXES = (
    *("billing", "invoice", "bill", "mailing", "postal", "sender", "pickup", "collection", "return", "store"),
    *("shop", "origin", "from", "merchant", "facturation", "rechnung", "tax"),
)

# What a field of a form may be called besides our own name for it.
OWN_SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "name": _in_order(
        "fullname yourname customername recipientname contactname nom nomcomplet nometprenom prenometnom "
        "nombre nombrecompleto nombreyapellidos nome nomecompleto nomeecognome naam volledigenaam navn namn"
    ),
    "phone": _in_order(
        "phonenumber phoneno telephone telephonenumber tel mobile mobilephone mobilenumber cellphone "
        "yourphone telephoneportable numerodetelephone telefon telefonnummer handy handynummer telefono "
        "telefonomovil telefone telefoonnummer telefoon gsm puhelin puhelinnumero"
    ),
    "email": ("emailaddress", "mail", "youremail", "courriel", "adresseemail", "correo", "correoelectronico"),
    "address": _in_order(
        "deliveryaddress shippingaddress fulladdress youraddress adresse adressedelivraison adressecomplete "
        "anschrift lieferadresse lieferanschrift direccion direcciondeentrega indirizzo indirizzodiconsegna "
        "endereco morada adres bezorgadres afleveradres leveringsadresse leveransadress"
    ),
    "note": ("notes", "yournote", "deliverynote", "deliverynotes", "deliveryinstructions"),
}

# Of a person who is an object.
FULL_NAMES = ("name", "fullname", "full", "displayname", "recipientname", "contactname", "attention", "attn")
NAME_PARTS = (
    ("prefix",),
    ("first", "firstname", "givenname", "forename", "prenom", "vorname"),
    ("middle", "middlename"),
    ("last", "lastname", "familyname", "surname", "nom", "nachname", "apellidos", "cognome"),
    ("suffix",),
)

# Words of a key that looks like a part of an address, and words that make it something else.
LOOKS_LIKE = _words(
    """
    address addr adresse adress direccion indirizzo endereco morada osoite adres street streets
    str rue voie strasse straat calle rua gade vej ulica road lane avenue house housenumber
    hausnummer huisnummer complemento zusatz floor flat apartment appartement apt building
    batiment block tower entrance staircase stairs door unit suite room etage escalier piso
    planta escalera bloque portal scala interno piano wohnung zip zipcode postcode postal plz
    cep cap city town village ville stadt ort ciudad citta cidade stad locality municipality
    commune district suburb neighborhood neighbourhood quarter bairro barrio borough state
    province region county country pays land pais
    """
)
NOT_LOOKS_LIKE = _words(
    """
    email mail ip mac web url uri link phone tel telephone mobile fax dial calling whatsapp sms
    order customer vat tax siret siren nif tracking invoice account user client card serial
    reference ref sku id ids gid uuid guid hash key token type kind status default valid validated
    validation verified verification residential business label title tag tags category source
    created updated at date time timestamp timezone tz locale language currency consent opt optin
    first last middle salutation alias nickname company organization organisation note notes comment
    comments instruction instructions message remark remarks lat lng lon latitude longitude accuracy
    precision score distance radius geohash place total quantity price amount weight count discount
    promo coupon voucher gift
    """
)
# Which of the first say nothing beside "name": an "address_name" is what somebody calls it, "Home".
ADDRESS_WORDS = _words("address addr adresse adress direccion indirizzo endereco morada osoite adres")
