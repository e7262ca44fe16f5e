/** A value that an option does not take; the message is the line that the user reads. */
export class OptionValueError extends Error {}
