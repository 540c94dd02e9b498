//! Rewards, amounts and moments in a customer's words.

use crate::string_enum::string_enum;
use crate::{Benefit, Currency, Discount, DiscountKind, PositiveMoney};
use jiff::Timestamp;
use jiff::tz::TimeZone;

string_enum! {
    /// The language of the ready texts, and of what is filled in.
    pub enum Language {
        /// English.
        English = "en",
        /// German.
        German = "de",
    }
}

/// Currencies without a smaller unit, in everyday prices.
const WHOLE: [&str; 17] = [
    "BIF", "CLP", "DJF", "GNF", "IDR", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF",
    "XPF",
];
/// Currencies whose smaller unit is a thousandth.
const THOUSANDTHS: [&str; 7] = ["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"];

const MONTHS_ENGLISH: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const MONTHS_GERMAN: [&str; 12] = [
    "Januar",
    "Februar",
    "März",
    "April",
    "Mai",
    "Juni",
    "Juli",
    "August",
    "September",
    "Oktober",
    "November",
    "Dezember",
];

impl Language {
    /// A word in the place of a recipient's name that nobody knows.
    pub fn nobody(self) -> &'static str {
        match self {
            Language::English => "there",
            Language::German => "du",
        }
    }

    /// A word in the place of a friend's name that nobody knows.
    pub fn some_friend(self) -> &'static str {
        match self {
            Language::English => "a friend",
            Language::German => "ein Freund",
        }
    }

    /// [`Language::some_friend`] at the beginning of a sentence.
    pub fn some_friend_first(self) -> &'static str {
        match self {
            Language::English => "A friend",
            Language::German => "Ein Freund",
        }
    }

    fn of<T>(self, english: T, german: T) -> T {
        match self {
            Language::English => english,
            Language::German => german,
        }
    }
}

/// A reward in words, such as "10 % off" or "500 points". Without a benefit it is commands.
pub fn reward_in_words(benefit: Option<&Benefit>, language: Language) -> String {
    match benefit {
        None => language.of("a reward in the game", "eine Belohnung im Spiel").to_owned(),
        Some(Benefit::Points(points)) => match points.get() {
            1 => language.of("1 point", "1 Punkt").to_owned(),
            points => format!("{points} {}", language.of("points", "Punkte")),
        },
        Some(Benefit::StoreCredit(money)) => {
            format!("{} {}", money_in_words(*money, language), language.of("store credit", "Guthaben"))
        }
        Some(Benefit::Discount(discount)) => discount_in_words(discount, language),
    }
}

fn discount_in_words(discount: &Discount, language: Language) -> String {
    let off = language.of("off", "Rabatt");
    let mut words = match &discount.kind {
        DiscountKind::Percent { percent, max_off } => {
            let most = max_off
                .map(|most| format!(", {} {}", language.of("at most", "höchstens"), money_in_words(most, language)));
            format!("{} % {off}{}", percent.get(), most.unwrap_or_default())
        }
        DiscountKind::Fixed(money) => format!("{} {off}", money_in_words(*money, language)),
        DiscountKind::FreeShipping => language.of("free shipping", "kostenloser Versand").to_owned(),
    };
    if let Some(least) = discount.min_spend {
        let from = language.of("on orders from", "ab");
        words.push_str(&format!(" {from} {}", money_in_words(least, language)));
    }
    words
}

fn money_in_words(money: PositiveMoney, language: Language) -> String {
    amount_in_words(money.amount(), money.currency(), language)
}

/// An amount in minor units in words: `12.50 EUR`, `12,50 EUR` in German.
pub fn amount_in_words(amount: i64, currency: Currency, language: Language) -> String {
    let name = currency.to_string();
    let places = if WHOLE.contains(&name.as_str()) {
        0
    } else if THOUSANDTHS.contains(&name.as_str()) {
        3
    } else {
        2
    };
    let unit = 10_i64.pow(places);
    let (whole, part) = (amount / unit, (amount % unit).abs());
    match places {
        0 => format!("{whole} {name}"),
        _ => format!("{whole}{}{part:0width$} {name}", language.of('.', ','), width = places as usize),
    }
}

/// A moment in words, to the second, with the time zone.
pub fn moment_in_words(at: Timestamp, zone: &TimeZone, language: Language) -> String {
    let at = at.to_zoned(zone.clone());
    let months = language.of(MONTHS_ENGLISH, MONTHS_GERMAN);
    let month = usize::try_from(at.month() - 1).ok().and_then(|month| months.get(month)).copied().unwrap_or_default();
    let dot = language.of("", ".");
    format!("{}{dot} {month} {}, {}", at.day(), at.year(), at.strftime("%H:%M:%S %Z"))
}
