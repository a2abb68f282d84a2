import Crypto
import Encoding

/// The record of an enrollment token in the bucket `pls-enrolments`. The key is ``id(of:)``.
public struct EnrollmentRecord: Sendable, Hashable, Codable {
  /// The key in the bucket.
  public var id: String
  /// The labels for the agent.
  public var labels: [String: String]
  /// The time of creation, in unix seconds.
  public var createdAt: Double
  /// The operator who created it.
  public var createdBy: String
  /// The time until which an agent can claim it, in unix seconds.
  public var expiresAt: Double
  /// The agent that claimed it; nil before.
  public var claimedBy: String?
  /// The time of the claim, in unix seconds.
  public var claimedAt: Double?

  /// Creates the record of an unclaimed token.
  public init(id: String, labels: [String: String], createdAt: Double, createdBy: String, expiresAt: Double) {
    self.id = id
    self.labels = labels
    self.createdAt = createdAt
    self.createdBy = createdBy
    self.expiresAt = expiresAt
  }

  /// The allowed lifetimes, in seconds.
  public static let lifetimes: ClosedRange<Int64> = 60...PlatformStorage.maximumEnrollmentLifetime

  /// The key of a token: its SHA-256 in hexadecimal. Unsalted, because records are looked up by it; precomputation is infeasible,
  /// as the token is 32 random bytes.
  public static func id(of token: String) -> String {
    Hexadecimal.encode(Crypto.SHA256.hash(data: Array(token.utf8)))
  }

  /// The first 12 characters of ``id``, for display.
  public var shortID: String { String(id.prefix(12)) }

  /// Whether an agent can claim it at `time`, in unix seconds.
  public func isOpen(at time: Double) -> Bool { claimedBy == nil && time < expiresAt }
}
