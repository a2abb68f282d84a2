/// The parameters of a method without parameters.
struct NoParameters: Sendable, Encodable {}
