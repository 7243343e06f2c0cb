/** Limits of the API that inputs repeat; a test compares them with the server's. */

/** The longest label of a persona. */
export const MAX_LABEL_CHARACTERS = 60;
