"""The words of replies in the languages that we write in. `care.reply_language` says what is what. Data; pure."""

from care.reply_language import COMPLAINT, Words
from care.reply_words_slavic import SLAVIC

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
    **SLAVIC,
}
