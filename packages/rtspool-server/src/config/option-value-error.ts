/**
 * Error for a value that an option does not allow. The user reads its message, one line, as it is.
 */
export class OptionValueError extends Error {}
