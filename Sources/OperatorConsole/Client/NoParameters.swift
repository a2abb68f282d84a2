/// The parameters of a method that takes none.
struct NoParameters: Sendable, Encodable {}
