import Glibc
import Loopback

/// The cost of the same work without a client: blocking sockets and precomputed bytes.
enum Floors {
  /// Messages a second written to the server.
  static func publish(port: UInt16, size: Int, count: Int) throws -> Double {
    let connection = try RawConnection(port: port)
    let (batch, inBatch) = batch(subject: "bench.subject", size: size)
    let duration = ContinuousClock().measure {
      for _ in 0..<(count / inBatch) { connection.send(batch) }
      connection.send("PING\r\n")
      connection.readUntil("PONG\r\n")
    }
    return Double(count / inBatch * inBatch) / duration.seconds
  }

  /// Messages a second through the server to a reader that only counts bytes.
  static func publishSubscribe(port: UInt16, size: Int, count: Int) throws -> Double {
    let reader = try RawConnection(port: port)
    reader.send("SUB bench.subject 1\r\nPING\r\n")
    reader.readUntil("PONG\r\n")
    let writer = try RawConnection(port: port)
    let (batch, inBatch) = batch(subject: "bench.subject", size: size)
    let messages = count / inBatch * inBatch
    let frame = "MSG bench.subject 1 \(size)\r\n".utf8.count + size + 2
    let clock = ContinuousClock()
    let start = clock.now
    let work = Work { for _ in 0..<(count / inBatch) { writer.send(batch) } }
    var thread = pthread_t()
    let argument = Unmanaged.passRetained(work).toOpaque()
    pthread_create(
      &thread, nil,
      { argument in
        if let argument { Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().body() }
        return nil
      }, argument)
    reader.readBytes(messages * frame)
    let duration = clock.now - start
    pthread_join(thread, nil)
    return Double(messages) / duration.seconds
  }

  /// Seconds of one request with its reply, in sequence.
  static func requestReply(port: UInt16, size: Int, count: Int) throws -> Double {
    let service = try RawConnection(port: port)
    service.send("SUB bench.service 1\r\nPING\r\n")
    service.readUntil("PONG\r\n")
    let client = try RawConnection(port: port)
    client.send("SUB bench.reply 1\r\nPING\r\n")
    client.readUntil("PONG\r\n")
    let payload = String(repeating: "x", count: size)
    let request = Array("PUB bench.service bench.reply \(size)\r\n\(payload)\r\n".utf8)
    let reply = Array("PUB bench.reply \(size)\r\n\(payload)\r\n".utf8)
    let requestFrame = "MSG bench.service 1 bench.reply \(size)\r\n".utf8.count + size + 2
    let replyFrame = "MSG bench.reply 1 \(size)\r\n".utf8.count + size + 2
    let work = Work {
      for _ in 0..<count {
        service.readBytes(requestFrame)
        service.send(reply)
      }
    }
    var thread = pthread_t()
    let argument = Unmanaged.passRetained(work).toOpaque()
    pthread_create(
      &thread, nil,
      { argument in
        if let argument { Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().body() }
        return nil
      }, argument)
    let duration = ContinuousClock().measure {
      for _ in 0..<count {
        client.send(request)
        client.readBytes(replyFrame)
      }
    }
    pthread_join(thread, nil)
    return duration.seconds / Double(count)
  }

  private static func batch(subject: String, size: Int) -> (bytes: [UInt8], count: Int) {
    let one = Array("PUB \(subject) \(size)\r\n\(String(repeating: "x", count: size))\r\n".utf8)
    let count = max(65536 / one.count, 1)
    return (Array(repeatElement(one, count: count).joined()), count)
  }

  private final class Work {
    let body: () -> Void

    init(_ body: @escaping () -> Void) {
      self.body = body
    }
  }
}

extension Duration {
  var seconds: Double {
    Double(components.seconds) + Double(components.attoseconds) / 1e18
  }
}
