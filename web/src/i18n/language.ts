import i18next, { type TFunction } from "i18next";
import { useSyncExternalStore } from "react";
import { initReactI18next } from "react-i18next";

export const LANGUAGES = { en: "English", ko: "한국어" } as const;
export type Language = keyof typeof LANGUAGES;

/** What was chosen here before, else the first of the browser's languages that we speak. */
export function chooseLanguage(stored: string | null, wanted: readonly string[]): Language {
  for (const one of [stored, ...wanted]) {
    const language = one?.toLowerCase().split("-")[0];
    if (language === "en" || language === "ko") return language;
  }
  return "en";
}

export async function startLanguage(): Promise<void> {
  const language = chooseLanguage(readStored(), navigator.languages);
  await i18next.use(initReactI18next).init({
    lng: language,
    resources: { [language]: { translation: await load(language) } },
    interpolation: { escapeValue: false },
    returnEmptyString: true,
  });
  document.documentElement.lang = language;
}

export async function setLanguage(language: Language): Promise<void> {
  if (!i18next.hasResourceBundle(language, "translation")) {
    i18next.addResourceBundle(language, "translation", await load(language));
  }
  await i18next.changeLanguage(language);
  document.documentElement.lang = language;
  try {
    localStorage.setItem("language", language);
  } catch {
    // Storage may be forbidden; the choice then lasts as long as the page.
  }
}

/**
 * `t` for what is drawn by the hundred, such as rows. `useTranslation` copies the whole instance
 * for each component that it is used in, which was a third of what a row cost.
 */
export function useT(): TFunction {
  useSyncExternalStore(onLanguage, () => i18next.language);
  return i18next.t;
}

function onLanguage(listener: () => void): () => void {
  i18next.on("languageChanged", listener);
  return () => i18next.off("languageChanged", listener);
}

/** Each language, and the Korean font with it, is fetched only by those who read it. */
async function load(language: Language): Promise<object> {
  if (language === "ko") {
    const [{ ko }] = await Promise.all([import("./ko"), import("./ko-font")]);
    return ko;
  }
  return (await import("./en")).en;
}

function readStored(): string | null {
  try {
    return localStorage.getItem("language");
  } catch {
    return null;
  }
}
