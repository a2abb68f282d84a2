import Crypto

/// What the platform keeps of an enrolment token in the bucket `pls-enrolments`, under ``id(of:)``.
public struct EnrolmentRecord: Sendable, Hashable, Codable {
  /// The key it stands under.
  public var id: String
  /// Labels that the agent gets.
  public var labels: [String: String]
  /// When the token was made, in unix seconds.
  public var createdAt: Double
  /// Who made it.
  public var createdBy: String
  /// Until when an agent can claim it, in unix seconds.
  public var expiresAt: Double
  /// The agent that claimed it.
  public var claimedBy: String?
  /// When, in unix seconds.
  public var claimedAt: Double?

  /// A record of a token that nobody has claimed.
  public init(id: String, labels: [String: String], createdAt: Double, createdBy: String, expiresAt: Double) {
    self.id = id
    self.labels = labels
    self.createdAt = createdAt
    self.createdBy = createdBy
    self.expiresAt = expiresAt
  }

  /// For how many seconds a token can be claimed.
  public static let lifetimes: ClosedRange<Int64> = 60...2_592_000

  /// The key of a token: its SHA-256 in hexadecimal digits. Without a salt, as the record is looked up by it; the token is 32
  /// random bytes, so nobody can have computed it before.
  public static func id(of token: String) -> String {
    let digits = Array("0123456789abcdef".utf8)
    let digest = SHA256.hash(data: Array(token.utf8))
    return String(decoding: digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }

  /// Enough of ``id`` to tell it from others.
  public var shortID: String { String(id.prefix(12)) }

  /// Whether an agent can claim it at `time`, in unix seconds.
  public func isOpen(at time: Double) -> Bool { claimedBy == nil && time < expiresAt }
}
