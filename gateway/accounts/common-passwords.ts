// Passwords that everybody tries first. Published lists of leaked ones are short words with digits around them, runs of
// neighbouring keys and repetitions, so those are refused as kinds and not one by one: what is left of a password when its
// digits and signs are gone must be more than such words. Longer entries of the lists that are neither stand by name.

/** The words of leaked passwords, and runs of keys. */
const words = new Set(
  `password passwort passwords passwd passord pass wachtwoord motdepasse contrasena contraseña senha parola haslo heslo
  kennwort geheim secret secreto admin administrator root user login guest test testing tester changeme change me welcome
  willkommen bienvenue hello hallo letmein let in master superman batman spiderman dragon monkey shadow sunshine princess
  princesa football fussball futbol baseball basketball soccer hockey michael jennifer jessica ashley daniel charlie thomas
  jordan matthew andrew joshua robert nicole michelle anthony patrick alexander samantha elizabeth christian barcelona
  liverpool chelsea arsenal manchester united juventus madrid iloveyou ilove love you loveyou lovely loveme lovers
  tequiero teamo jetaime whatever trustno trust no one starwars pokemon naruto minecraft fortnite computer internet
  samsung iphone apple google facebook instagram linkedin myspace youtube microsoft windows android freedom flower
  summer winter spring autumn sommer fruehling herbst monday friday january february march april june july august
  september october november december qwerty qwertz azerty qwertyuiop qwertzuiop azertyuiop asdf asdfgh asdfghjkl
  zxcv zxcvbn zxcvbnm yxcvbnm qwer qazwsx qazwsxedc wsx qaz edc abc abcd abcde abcdef abcdefg abcdefgh abcdefghij xyz aaa
  cookie chocolate pepper ginger buster tigger killer hunter ranger harley jordan maggie snoopy angel angels babygirl
  family jesus christ blessed heaven lucky money business company office learning center centre community default
  system server database temp temporary demo sample example qwe asd zxc wer access blink fuckyou fuck asshole bitch
  my the is and new mein meine el la le de du der die das`
    .split(/\s+/)
    .filter(Boolean),
);
const longestWord = Math.max(...[...words].map((word) => word.length));

/** Entries of the lists that are no plain combination of the words above. */
const named = new Set(
  `1q2w3e4r5t 1q2w3e4r5t6y 1q2w3e4r5t6y7u q1w2e3r4t5 q1w2e3r4t5y6 1qaz2wsx3edc 1qazxsw23edc zaq12wsxcde3 qwe123asd456 a1b2c3d4e5
  correcthorsebatterystaple thisisapassword opensesame mypassword123 nopassword starwarsfan rockyou123 manutd1999 ncc1701ncc1701
  3rjs1la7qe 18atcskd2w 1g2w3e4r5t zxcvbnm123 asdfghjkl123 mynoob12345 unknown123 tinkerbell hellokitty strawberry butterfly
  basketball1 volleyball cheerleader gymnastics sweetheart beautiful1 caterina12 christopher alejandra alejandro francisco1
  montgomery stephanie1 slipknot666 metallica1 evanescence chocolate1 watermelon pineapple1 blackberry playstation
  nintendo64 undertaker1 blink182blink linkinpark1 greenday123 manchester1 galatasaray fenerbahce besiktas1903`
    .split(/\s+/)
    .filter(Boolean),
);

const lookAlikes: Readonly<Record<string, string>> = {
  "0": "o",
  "1": "i",
  "3": "e",
  "4": "a",
  "5": "s",
  "7": "t",
  "@": "a",
  $: "s",
  "!": "i",
};
const runs = [
  "01234567890",
  "abcdefghijklmnopqrstuvwxyz",
  "qwertyuiop",
  "qwertzuiop",
  "azertyuiop",
  "asdfghjkl",
  "zxcvbnm",
  "yxcvbnm",
];

/** More of the words than this in a row are a phrase, which nobody tries first. */
const mostWords = 3;

/** The text is made of the words alone, of three at most, one after the other. */
const isWords = (text: string): boolean => {
  /** The fewest words that reach from the start to each place. */
  const fewest = new Array<number>(text.length + 1).fill(Number.POSITIVE_INFINITY);
  fewest[0] = 0;
  for (let end = 1; end <= text.length; end++)
    for (let from = Math.max(0, end - longestWord); from < end; from++)
      if (words.has(text.slice(from, end)))
        fewest[end] = Math.min(fewest[end] ?? Number.POSITIVE_INFINITY, (fewest[from] ?? Number.POSITIVE_INFINITY) + 1);
  return (fewest[text.length] ?? Number.POSITIVE_INFINITY) <= mostWords;
};

/** A run of neighbouring digits, letters or keys, forwards or backwards, also several times over. */
const isRun = (text: string): boolean =>
  runs.some((run) => {
    const twice = run + run;
    return twice.includes(text) || [...twice].reverse().join("").includes(text);
  });

/** The text is one piece, repeated. */
const repeated = (text: string): string => /^(.+?)\1+$/u.exec(text)?.[1] ?? text;

/** True when a password is among those that everybody tries first. Length is judged elsewhere. */
export const isCommonPassword = (password: string): boolean => {
  const text = password.toLowerCase().trim();
  const piece = repeated(text);
  if (named.has(text) || piece.length < 5 || isRun(piece)) return true;
  if (/^\d+$/.test(text)) return true;
  const lettersOf = (from: string) => repeated(from.replace(/[^\p{L}]/gu, ""));
  const letters = lettersOf(text);
  // Digits and signs around the words are added; those inside them stand for letters.
  const core = text.replace(/^[^\p{L}]+|[^\p{L}]+$/gu, "");
  const read = [...core].map((character) => lookAlikes[character] ?? character).join("");
  return letters.length < 3 || isWords(letters) || isWords(lettersOf(read));
};
