// Whether a mail would load pictures from elsewhere when it is shown.

const fromElsewhere =
  /\b(?:src|srcset|background|poster)\s*=\s*["']?\s*(?:https?:)?\/\/|url\(\s*["']?\s*(?:https?:)?\/\//i;

/** True when the HTML names a picture on another machine. */
export const hasRemotePictures = (html: string): boolean => fromElsewhere.test(html);
