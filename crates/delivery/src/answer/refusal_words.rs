//! Words by which an answer reads like a refusal, in the languages that plugins are translated into.
//!
//! They only make an answer unrecognised, which a person then settles. A rejection, which the store retries, takes a pattern
//! that matches the whole answer. `tests/data/answers/unrecognised.txt` has answers of each kind.

use super::AnswerText;
use regex::Regex;
use std::sync::LazyLock;

/// Parts of words, in lower case. The rest of a word is `\S`, since `\w` of all scripts costs 20 KiB at each place.
const PARTS: &[&str] = &[
    // English
    r"\b(?:not|cannot|nobody|nothing|never|unable|failed|fails?|failure|errors?|exception|invalid|unknown|unrecogni[sz]ed)\b",
    r"n['’]t\b",
    r"\b(?:denied|refused|forbidden|disallowed|blocked|missing|insufficient|unsupported|unavailable|incorrect|wrong|expected)\b",
    r"\b(?:no such|no permission|no valid|too (?:many|few|large|small|long|big|high|low)|must be|must have|only players|out of stock|offline)\b",
    r"\b(?:is|are|was|been) (?:lost|disabled|full)\b",
    r"\busage: ",
    // German, Dutch, Danish, Norwegian, Swedish
    r"\b(?:nicht|keine?[nrsm]?|ungültige?[nrs]?|unbekannte?[nrs]?|fehler|fehlgeschlagen|verweigert|niemals|deaktiviert)\b",
    r"\b(?:niet|geen|ongeldige?|onbekende?|mislukt|fout|nooit|uitgeschakeld)\b",
    r"\b(?:ikke|ingen|ugyldige?[t]?|ukendte?|ukjente?|fejl|feil|inte|ogiltig[at]?|okän[dt]a?|misslyckades|aldrig?)\b",
    // French, Spanish, Portuguese, Italian, Romanian, Catalan
    r"\b(?:pas|aucune?|introuvable|invalides?|erreur|inconnue?|impossible|échec|hors ligne|jamais|désactivée?)\b",
    r"\b(?:no|ningún|ninguna?|inválid[oa]s?|desconocid[oa]|fallo|falló|desconectado)\b[^.]* (?:existe|está|se|es|tiene|tienes|puede|puedes|hay|fue|encontr\S+|encuentr\S+)\b",
    r"\b(?:nunca|jamás|deshabilitad[oa]|desactivad[oa]|desativad[oa]|inválid[oa]s?|inexistente|desconocid[oa]|desconhecid[oa]|não|nenhuma?|erro|falhou)\b",
    r"\b(?:non [a-zèé]+|nessuna?|sconosciut[oa]|errore|invalid[oa]|fallito|inesistente|impossibile|disabilitat[oa])\b",
    r"\b(?:nu (?:este|exist\S*|ai|a|are|poate|poți|poți|se|s-a)|eroare|dezactivat\S*|necunoscută?|invalidă?|niciun)\b",
    // Polish, Czech, Slovak, Croatian, Slovene
    r"\b(?:nie|nieprawidłow\S+|nieznan\S+|błąd|błędn\S+|brak|není|neexistuje|neplatn\S+|neznám\S+|nebyl[aoi]?|nelze|chyba|nema|nije|ne postoji|nepoznat\S*|nevažeć\S+|greška|napaka|niepoprawn\S+|wyłączon\S+|nikdy|nikada|nenalezen\S*|nemáš|nemas|nemůž\S+|vypnut\S*|ne mo[zž]\S+|nepostoj\S*)\b",
    // Russian, Ukrainian, Bulgarian, Serbian
    r"\b(?:не|нет|нельзя|неверн\S+|неизвестн\S+|ошибка|недоступн\S+|немає|помилка|невідом\S+|недійсн\S+|невалид\S+|грешка|није|непознат\S*|няма\S*|нямат\S*|неправилн\S+|недостат\S+|неуспе\S+|изключен\S*|отключен\S*|вимкнен\S*|никогда)\b",
    // Hungarian, Finnish, Estonian, Turkish, Greek, Lithuanian, Latvian, Basque
    r"\b(?:nem|nincs|érvénytelen|ismeretlen|hiba|ei (?:ole|voi|löydy\S*|saa|löytynyt)|eivät|tuntematon|virheellinen|virhe|tundmatu|nincsenek|letiltva|puudub|keelatud|sobimatu|et voi|väärin)\b",
    r"\b(?:değil|bulunamadı|geçersiz|bilinmeyen|hata|yok|δεν|δε|σφάλμα|άγνωστ\S+|άκυρ\S+|nėra|neteising\S+|klaida|nederīg\S+|kļūda|nerast\S*|neegzist\S*|negal\S*|neturi\S*|nežinom\S*|neeksist\S*|nezinām\S*|nepareiz\S*|μη έγκυρ\S+|απενεργοποι\S+|devre dışı|ez (?:da|dago|daukazu)|ezin|ezezagun\S*|baliogabe\S*)\b",
    // Vietnamese, Indonesian, Filipino
    r"\b(?:không|lỗi|tidak|bukan|gagal|hindi|walang|bawal)\b",
    // Chinese, Japanese, Korean, Thai, Arabic, Hebrew, Hindi: written without spaces, or with endings
    r"不(?:存在|在线|在線|是|能|足|可|允许|允許|正确|正確)|没有|沒有|未(?:找到|知)|找不到|禁用|停用|从未|從未|无(?:效|法|权)|無(?:效|法|權)|错误|錯誤|失败|失敗|离线|離線",
    r"ません|ないです|存在しない|見つから|エラー|無効|不明|失敗|オフライン",
    r"없|않|아닙니다|아니|못|오류|잘못|실패|비활성|부족|오프라인",
    r"ไม่|ผิดพลาด|غير|لا |خطأ|لم |\bלא\b|\bאין\b|שגיאה|אינ[והך]|नहीं|अमान्य|त्रुटि",
];

/// The plugin keeps the reward for a player who is away.
const KEPT: &str = r"(?i)\b(?:stored|saved|queued|mailbox|(?:when|once|as soon as) (?:they|he|she) |next (?:login|join|time they)|will (?:be given|receive|get))";

/// Words of an effect: a red answer with one of them is no refusal.
const EFFECTS: &str = r"(?i)\b(?:gave|given|gives?|giving|add(?:ed|s|ing)?|set|sets|setting|received|granted|sent|updated|success\w*|done|ok)\b";

/// The word by which an answer reads like a refusal.
pub(super) fn find(text: &AnswerText) -> Option<String> {
    #[expect(clippy::expect_used, reason = "a constant pattern, compiled by a test")]
    static WORDS: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(&format!("(?i)(?:{})", PARTS.join("|"))).expect("valid"));
    #[expect(clippy::expect_used, reason = "a constant pattern")]
    static IS_KEPT: LazyLock<Regex> = LazyLock::new(|| Regex::new(KEPT).expect("valid"));
    if IS_KEPT.is_match(&text.bare) {
        return None;
    }
    WORDS.find(&text.bare).map(|word| word.as_str().trim().to_owned()).or_else(|| {
        let is_refusal = text.is_red && !text.bare.is_empty() && !has_effect(&text.bare);
        is_refusal.then(|| "the colour red".to_owned())
    })
}

/// True if an answer speaks of an effect.
pub(super) fn has_effect(text: &str) -> bool {
    #[expect(clippy::expect_used, reason = "a constant pattern")]
    static EFFECT: LazyLock<Regex> = LazyLock::new(|| Regex::new(EFFECTS).expect("valid"));
    EFFECT.is_match(text)
}
