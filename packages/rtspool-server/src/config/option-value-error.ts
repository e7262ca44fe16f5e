/**
 * Error for a value that an option does not allow. Its message, one line, is printed unchanged for
 * the user.
 */
export class OptionValueError extends Error {}
