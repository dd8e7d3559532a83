"""Words that invented people are made of: names, cities, departments, titles.

Always: plain constants. The spelling is the awkward one of real HR files on purpose: accents, apostrophes,
hyphens, blanks, commas and quotes, so that whatever reads the sample must get them right.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Country:
    """Where somebody works, and what people are called there. dialling_code: without the plus sign."""

    company: str
    dialling_code: str
    first_names: tuple[str, ...]
    last_names: tuple[str, ...]
    cities: tuple[str, ...]


COUNTRIES = (
    Country(
        "Hartwell Ltd",
        "44",
        ("Alice", "Callum", "Dylan", "Eleanor", "Harriet", "Imogen", "Jack", "Mary-Anne", "Oliver", "Siân"),
        ("Ashworth", "Baker-Finch", "Davies", "FitzGerald", "Hughes, Jr.", "MacLeod", "Smith", "St. John", "Wright"),
        ("Bristol", "Cardiff", "Leeds", "London", "Stoke-on-Trent"),
    ),
    Country(
        "Hartwell Éire Teoranta",
        "353",
        ("Aoife", "Caoimhe", "Ciarán", "Eoin", "Niamh", "Oisín", "Róisín", "Seán", "Síle"),
        ("Byrne", "Mac Giolla Phádraig", "Ní Dhomhnaill", "O'Brien", "O'Brien-Smith", "O'Neill", "Ó Súilleabháin"),
        ("Baile Átha Cliath", "Cork", "Dún Laoghaire", "Galway"),
    ),
    Country(
        "Hartwell France, S.A.S.",
        "33",
        ("Amélie", "Anaïs", "Benoît", "Chloé", "François", "Jean-Luc", "Léa", "Marie-Hélène", "Noël", "Zoé"),
        ("d'Aubigné", "De La Tour", "Dupont", "Éluard", "Garçon", "L'Hermitte", "Lefèvre", "Le Guern", "Saint-Exupéry"),
        ("Besançon", "Lyon", "Nîmes", "Orléans", "Paris, La Défense", "Saint-Étienne"),
    ),
    Country(
        "Hartwell & Söhne GmbH",
        "49",
        ("Anneliese", "Björn", "Günther", "Jörg", "Jürgen", "Käthe", "Karl-Heinz", "Sören", "Ulrike"),
        ("Bäcker", "Groß", "Größmann-Lüdenscheid", "Höß", "Jäger", "Müller", "Schröder", "von der Heide", "Weiß"),
        ("Düsseldorf", "Hamburg", "Köln", "München", "Münster (Westf.)"),
    ),
    Country(
        "Hartwell España, S.L.",
        "34",
        ("Álvaro", "Begoña", "Íñigo", "Iñaki", "José María", "Lucía", "Núria", "Raúl", "Sofía"),
        ("D'Angelo Pérez", "Etxebarria", "García Márquez", "Ibáñez", "Muñoz", "Núñez de Balboa", "Peña", "Zúñiga"),
        ("A Coruña", "Cádiz", "León", "Madrid", "Málaga"),
    ),
    Country(
        "Hartwell Polska Sp. z o.o.",
        "48",
        ("Agnieszka", "Bożena", "Grażyna", "Łukasz", "Małgorzata", "Michał", "Paweł", "Świętosława", "Zdzisław"),
        ("Błaszczyk", "Dąbrowska-Nowak", "Gołębiewski", "Kowalski", "Łoś", "Szczęsny", "Wójcik", "Żółć"),
        ("Gdańsk", "Kraków", "Łódź", "Poznań", "Wrocław"),
    ),
    Country(
        "Hartwell Norden ApS",
        "45",
        ("Åse", "Bjørn", "Frøya", "Håkon", "Ingeborg", "Jón", "Mette-Marit", "Øyvind", "Þórdís"),
        ("Ægisdóttir", "Bjørnstad", "Guðmundsson", "Hammarskjöld", "Kjærsgaard", "Lindström", "Næss", "Sørensen"),
        ("Aarhus", "Göteborg", "København", "Reykjavík", "Tromsø"),
    ),
    Country(
        "Hartwell Česko, s.r.o.",
        "420",
        ("Anežka", "Božena", "Jiří", "Kateřina", "Lukáš", "Ondřej", "Růžena", "Šimon", "Žofie"),
        ("Čapek", "Dvořáková", "Havlíček", "Kříž", "Němcová", "Procházka", "Svěrák", "Šťastný", "Žižka"),
        ("Brno", "Hradec Králové", "Plzeň", "Praha", "Ústí nad Labem"),
    ),
    Country(
        "Hartwell Türkiye A.Ş.",
        "90",
        ("Ayşe", "Çağla", "Elif", "Göksu", "Işıl", "Mehmet", "Öykü", "Şebnem", "Uğur"),
        ("Akgün", "Çelik", "Erdoğmuş", "Gökçe", "Kılıç", "Öztürk", "Şahin", "Yıldırım"),
        ("Ankara", "Çanakkale", "Diyarbakır", "Kadıköy", "Muğla"),
    ),
    Country(
        "Hartwell Nederland B.V.",
        "31",
        ("Anouk", "Chloë", "Daniël", "Geert-Jan", "Loïs", "Maaike", "Noë", "Zoë"),
        ("'t Hooft", "de Vries", "in 't Veld", "IJsselstein", "van den Berg", "van 't Hoff", "Ter Horst-Jansen"),
        ("'s-Hertogenbosch", "Den Haag", "Groningen", "Utrecht"),
    ),
)

TITLES_BY_DEPARTMENT = {
    "Board": ('Director, "Special" Projects', "Chief of Staff", "Company Secretary", 'Adviser ("on loan")'),
    "Customer Services": ("Service Desk Analyst", 'Team Lead, "Gold" Customers', "Shift Supervisor (Nights)"),
    "Engineering": ("Engineer", "Senior Engineer", "Principal Engineer, R&D", "Quality Engineer; Test & Release"),
    "Finance": ("Accountant", "Payroll Officer", "Treasury Analyst, Short-Term", 'Controller "ad interim"'),
    "IT, Network & Systems": ("Systems Administrator", "Network Engineer", "Identity & Access Specialist"),
    "Legal & Compliance": ("Counsel", "Data Protection Officer", "Paralegal, M&A"),
    "Logistics": ("Dispatcher", "Fleet Planner", "Warehouse Operative", "Driver, Class C+E"),
    "Marketing": ("Brand Specialist", "Copywriter", "Events Coordinator", 'Community "Gardener"'),
    "People": ("HR Business Partner", "Recruiter", "Learning & Development Adviser"),
    "Sales": ("Account Executive", "Key Account Adviser", "Sales Engineer, Pre-Sales"),
}

NICKNAMES = ("Alex", "Bo", "Chris", "Kit", "Lou", "Max", "Nic", "Robin", "Sam", 'Jo "JJ"', "Billy-Jo", "D'Arcy")

STATUSES = ("Active",) * 17 + ("On Leave", "On Leave", "Suspended")

# Letters that Unicode does not take apart into a base letter and an accent (Unicode Character Database, NFKD).
ASCII_BY_LETTER = {
    "ß": "ss",
    "æ": "ae",
    "Æ": "Ae",
    "ø": "o",
    "Ø": "O",
    "ł": "l",
    "Ł": "L",
    "ð": "d",
    "Ð": "D",
    "þ": "th",
    "Þ": "Th",
    "ı": "i",
}
