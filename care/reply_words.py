"""The words of replies in the languages that we write in. Data; pure. `care.replies` says what they mean together.

A comma separates. `yes` and `no` answer our question. `without` denies what follows it, `lacking` what stands before
it, and by itself it is a no. `well` is a sentence that says "no complaints". `things` are complaints and symptoms;
where a language has a form of its own for what is not there (Russian “кашля” in “кашля нет”), that form stands under
`absent`, and means nothing else. `temperature` is what people call both their temperature and a fever: beside a number
it is the temperature. `fillers` carry no news. Anything else that we do not know is news for a person to read.
"""

from dataclasses import dataclass, field

COMPLAINT = "complaint"


@dataclass(frozen=True)
class Words:
    """What people write in one language; symptoms by their key."""

    yes: str = ""
    no: str = ""
    without: str = ""
    lacking: str = ""
    well: str = ""
    joining: str = ""
    but: str = ""
    temperature: str = ""
    fillers: str = ""
    things: dict[str, str] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)


# Everybody may answer yes or no in any of these.
YES = "ja, j, jo, yes, y, yep, evet, نعم, ايوه, ايوا, так, да, tak, oui"
NO = "nein, n, ne, nee, no, nope, hayir, yok, لا, كلا, ні, нет, nie, non"
# Whoever reads our messages in this language means something else by the word: Polish "no" is "well, yes".
MEANS_ELSE: dict[str, frozenset[str]] = {
    "pl": frozenset({"no", "ja", "ne"}),
    "tr": frozenset({"ne"}),
    "fr": frozenset({"ne"}),
    "ru": frozenset({"так"}),
}
# Who reads the one often writes the other. German and English are read for everybody.
ALSO: dict[str, tuple[str, ...]] = {"uk": ("ru",), "ru": ("uk",)}

WORDS: dict[str, Words] = {
    "de": Words(
        no="keine",
        without="kein, keine, keinen, keinerlei, ohne, nicht",
        well="mir geht es gut, mir gehts gut, mir geht s gut, es geht mir gut, alles gut, mir geht es sehr gut",
        joining="und, oder, auch",
        but="aber, jedoch",
        fillers="ich, habe, hab, mit, mir, geht, es, heute, leider, seit, gestern, etwas, leichte, leichter, leichten, "
        "leichtes, starke, starker, starken, bin, hallo, danke, guten, tag, morgen, abend, grad, celsius, c, "
        "temperatur, temp, gemessen, bitte",
        things={
            COMPLAINT: "symptome, symptom, beschwerden",
            "fever": "fieber",
            "chills": "schüttelfrost",
            "cough": "husten, huste",
            "difficulty_breathing": "atemnot, luftnot",
            "shortness_of_breath": "kurzatmig, kurzatmigkeit",
            "loss_of_smell": "geruchsverlust",
            "loss_of_taste": "geschmacksverlust",
            "headache": "kopfschmerzen, kopfweh",
            "sore_throat": "halsschmerzen, halsweh",
            "muscle_pain": "muskelschmerzen, gliederschmerzen",
            "fatigue": "müdigkeit, müde",
            "runny_nose": "schnupfen",
            "nausea": "übelkeit, übel",
            "vomiting": "erbrechen",
            "diarrhoea": "durchfall",
            "rash": "ausschlag, hautausschlag",
        },
    ),
    "en": Words(
        no="none",
        without="without, no, not",
        well="i am fine, i'm fine, i feel fine, i feel well, i am well, i'm well, i feel good, all good",
        joining="and, or",
        but="but",
        fillers="i, have, had, a, an, with, today, since, yesterday, some, slight, light, strong, hello, hi, thanks, "
        "thank, you, degrees, temperature, is, am, my, the, please",
        things={
            COMPLAINT: "symptoms, complaints",
            "fever": "fever",
            "chills": "chills",
            "cough": "cough, coughing",
            "difficulty_breathing": "difficulty breathing",
            "shortness_of_breath": "shortness of breath",
            "loss_of_smell": "loss of smell",
            "loss_of_taste": "loss of taste",
            "headache": "headache",
            "sore_throat": "sore throat",
            "muscle_pain": "muscle pain",
            "fatigue": "tired, fatigue",
            "runny_nose": "runny nose",
            "nausea": "nausea",
            "vomiting": "vomiting",
            "diarrhoea": "diarrhoea, diarrhea",
            "rash": "rash",
        },
    ),
    "tr": Words(
        yes="var",
        lacking="yok",
        well="iyiyim, çok iyiyim, kendimi iyi hissediyorum, gayet iyiyim, bir şeyim yok, hiçbir şeyim yok",
        joining="ve, veya, ile",
        but="ama, fakat",
        temperature="ateş, ateşim, ateşi",
        fillers="merhaba, selam, teşekkürler, teşekkür, ederim, sağolun, bugün, benim, bende, biraz, hafif, derece, "
        "iyi, günler, akşamlar, vücut, ısım, dünden, beri, çok, şükür, lütfen",
        things={
            COMPLAINT: "şikayet, şikayetim, belirti, belirtim, semptom",
            "chills": "titreme, üşüme, titremem",
            "cough": "öksürük, öksürüğüm, öksürüyorum",
            "difficulty_breathing": "nefes darlığı, nefes darlığım",
            "loss_of_smell": "koku kaybı, koku alamıyorum",
            "loss_of_taste": "tat kaybı, tat alamıyorum",
            "headache": "baş ağrısı, baş ağrım, başım ağrıyor",
            "sore_throat": "boğaz ağrısı, boğaz ağrım, boğazım ağrıyor",
            "muscle_pain": "kas ağrısı, kas ağrım",
            "fatigue": "yorgunluk, halsizlik, yorgunum, halsizim",
            "runny_nose": "burun akıntısı, burnum akıyor, nezle",
            "nausea": "mide bulantısı, midem bulanıyor, bulantı",
            "vomiting": "kusma, kusuyorum",
            "diarrhoea": "ishal",
            "rash": "döküntü, deri döküntüsü",
        },
    ),
    "ar": Words(
        yes="اي نعم, ايه, اجل",
        no="لا, لا يوجد, لا توجد, لا شيء, لا شي, ما عندي, ليس لدي",
        without="لا, لا يوجد, بدون, من دون, بلا, ليس لدي, ليس عندي, ما عندي, لا يوجد لدي, لا توجد لدي, لا توجد",
        well="انا بخير, بخير, اشعر انني بخير, انا جيد, كل شيء بخير",
        joining="و, او",
        but="لكن, ولكن",
        temperature="حرارة",
        fillers="درجة الحرارة, حرارتي, درجة حرارتي, مرحبا, شكرا, اليوم, لدي, عندي, الحمد, لله, السلام, عليكم, درجة, "
        "خفيف, خفيفة, شديد, شديدة, قليل, منذ, "
        "امس, الحمدلله, مئوية",
        things={
            COMPLAINT: "اعراض, الاعراض, اي اعراض",
            "fever": "حمى, سخونة",
            "chills": "قشعريرة, رجفة",
            "cough": "سعال, كحة",
            "difficulty_breathing": "صعوبة في التنفس, صعوبة تنفس",
            "shortness_of_breath": "ضيق في التنفس, ضيق تنفس, ضيق نفس",
            "loss_of_smell": "فقدان حاسة الشم, فقدان الشم",
            "loss_of_taste": "فقدان حاسة التذوق, فقدان التذوق, فقدان الذوق",
            "headache": "صداع, وجع راس",
            "sore_throat": "الم في الحلق, التهاب حلق, وجع حلق",
            "muscle_pain": "الم في العضلات, الم عضلات",
            "fatigue": "تعب, ارهاق, انا تعبان, تعبان",
            "runny_nose": "زكام, رشح, سيلان الانف",
            "nausea": "غثيان",
            "vomiting": "قيء, تقيؤ, استفراغ",
            "diarrhoea": "اسهال",
            "rash": "طفح جلدي, طفح",
        },
    ),
    "uk": Words(
        lacking="немає, нема",
        without="без",
        well="все добре, у мене все добре, почуваюся добре, почуваюсь добре, я здоровий, я здорова, усе добре",
        joining="і, та, й, або",
        but="але",
        temperature="температура, температуру",
        fillers="добрий, день, вечір, ранок, дякую, привіт, сьогодні, у, в, мене, є, я, маю, трохи, сильний, сильна, "
        "легкий, легка, градусів, градуси, градус, вчора, зі, будь, ласка",
        things={
            COMPLAINT: "скарги, симптоми",
            "fever": "гарячка, жар, висока температура, підвищена температура",
            "chills": "озноб",
            "cough": "кашель, кашляю",
            "difficulty_breathing": "важко дихати, утруднене дихання",
            "shortness_of_breath": "задишка, задишку",
            "loss_of_smell": "втрата нюху",
            "loss_of_taste": "втрата смаку",
            "headache": "головний біль, болить голова, голова болить",
            "sore_throat": "біль у горлі, болить горло, горло болить",
            "muscle_pain": "біль у м'язах, болять м'язи",
            "fatigue": "втома, слабкість, слабість",
            "runny_nose": "нежить, нежить",
            "nausea": "нудота, нудить",
            "vomiting": "блювання, блювота",
            "diarrhoea": "діарея, пронос",
            "rash": "висип",
        },
        absent={
            COMPLAINT: "скарг, симптомів, ніяких скарг, жодних симптомів, жодних скарг",
            "fever": "температури, гарячки, жару",
            "cough": "кашлю",
            "shortness_of_breath": "задишки",
            "runny_nose": "нежитю",
            "nausea": "нудоти",
            "rash": "висипу",
        },
    ),
    "ru": Words(
        lacking="нет, нету",
        without="без",
        well="все хорошо, у меня все хорошо, чувствую себя хорошо, все в порядке, я здоров, я здорова, все нормально",
        joining="и, или",
        but="но",
        temperature="температура, температуру",
        fillers="здравствуйте, добрый, день, вечер, утро, спасибо, привет, сегодня, у, меня, есть, я, немного, "
        "сильный, сильная, легкий, градусов, градуса, градус, вчера, со, пожалуйста, слава, богу",
        things={
            COMPLAINT: "жалобы, симптомы",
            "fever": "жар, высокая температура, повышенная температура",
            "chills": "озноб",
            "cough": "кашель, кашляю",
            "difficulty_breathing": "трудно дышать, тяжело дышать",
            "shortness_of_breath": "одышка",
            "loss_of_smell": "потеря обоняния",
            "loss_of_taste": "потеря вкуса",
            "headache": "головная боль, болит голова, голова болит",
            "sore_throat": "боль в горле, болит горло, горло болит",
            "muscle_pain": "боль в мышцах, болят мышцы",
            "fatigue": "усталость, слабость",
            "runny_nose": "насморк",
            "nausea": "тошнота, тошнит",
            "vomiting": "рвота",
            "diarrhoea": "понос, диарея",
            "rash": "сыпь",
        },
        absent={
            COMPLAINT: "жалоб, симптомов, никаких жалоб, никаких симптомов",
            "fever": "температуры, жара",
            "cough": "кашля",
            "shortness_of_breath": "одышки",
            "runny_nose": "насморка",
            "nausea": "тошноты",
            "rash": "сыпи",
        },
    ),
    "pl": Words(
        no="nie mam",
        without="bez, nie mam, brak",
        lacking="brak",
        well="czuję się dobrze, wszystko dobrze, wszystko w porządku, dobrze się czuję, wszystko ok, jestem zdrowy, "
        "jestem zdrowa",
        joining="i, oraz, lub",
        but="ale",
        temperature="temperatura, temperaturę",
        fillers="dzień, dobry, dziękuję, dzisiaj, dziś, mam, trochę, lekki, lekka, silny, silna, stopni, stopnie, od, "
        "wczoraj, witam, proszę",
        things={
            COMPLAINT: "objawy, dolegliwości",
            "fever": "gorączka, gorączkę",
            "chills": "dreszcze",
            "cough": "kaszel, kaszlę",
            "difficulty_breathing": "duszność, duszności, trudno mi oddychać",
            "shortness_of_breath": "zadyszka, zadyszkę",
            "loss_of_smell": "utrata węchu",
            "loss_of_taste": "utrata smaku",
            "headache": "ból głowy, boli mnie głowa, boli głowa",
            "sore_throat": "ból gardła, boli mnie gardło, boli gardło",
            "muscle_pain": "bóle mięśni, ból mięśni",
            "fatigue": "zmęczenie, osłabienie",
            "runny_nose": "katar",
            "nausea": "nudności",
            "vomiting": "wymioty",
            "diarrhoea": "biegunka, biegunkę",
            "rash": "wysypka, wysypkę",
        },
        absent={
            COMPLAINT: "objawów, dolegliwości, żadnych objawów, żadnych dolegliwości",
            "fever": "gorączki, temperatury",
            "cough": "kaszlu",
            "difficulty_breathing": "duszności",
            "runny_nose": "kataru",
            "nausea": "nudności",
            "rash": "wysypki",
        },
    ),
    "fr": Words(
        no="aucun, aucune, rien, rien du tout, rien a signaler",
        without="pas de, pas d, aucun, aucune, sans, ni",
        well="je vais bien, tout va bien, ca va, ca va bien, je me sens bien, je vais tres bien",
        joining="et, ou",
        but="mais",
        fillers="bonjour, bonsoir, merci, aujourd, hui, j, ai, je, n, un, une, de, la, le, les, du, des, peu, degres, "
        "temperature, depuis, hier, legere, leger, forte, au, a, ma, est",
        things={
            COMPLAINT: "symptome, symptomes",
            "fever": "fievre",
            "chills": "frissons",
            "cough": "toux, tousse",
            "difficulty_breathing": "difficultes a respirer, du mal a respirer",
            "shortness_of_breath": "essoufflement, essoufle, essouffle, essoufflee",
            "loss_of_smell": "perte de l'odorat, perte d'odorat",
            "loss_of_taste": "perte du gout, perte de gout",
            "headache": "maux de tete, mal de tete, mal a la tete",
            "sore_throat": "mal de gorge, mal a la gorge",
            "muscle_pain": "douleurs musculaires, courbatures",
            "fatigue": "fatigue, fatiguee",
            "runny_nose": "rhume, nez qui coule",
            "nausea": "nausees, nausee",
            "vomiting": "vomissements",
            "diarrhoea": "diarrhee",
            "rash": "eruption cutanee, boutons",
        },
    ),
}
