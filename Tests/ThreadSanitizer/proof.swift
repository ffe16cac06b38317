// proof.swift: two threads at one Mutex, and, with -D RACE, one number beside it.
//
// Without RACE the program is right, and a warning about it is a false one; with RACE it is wrong, and silence about
// it would be worse. proof.sh runs both.

internal import Glibc
internal import Synchronization

/// What both threads share.
final class Shared {
    let list = Mutex<[Int]>([])
    var beside = 0
}

@main struct Proof {
    static func main() {
        let shared = Shared()
        var threads = [pthread_t](repeating: 0, count: 2)
        for index in 0..<2 {
            pthread_create(
                &threads[index], nil,
                { argument in
                    let shared = Unmanaged<Shared>.fromOpaque(argument!).takeUnretainedValue()
                    for _ in 0..<100_000 {
                        shared.list.withLock { list in
                            list.append(1)
                            if list.count > 100 { list.removeAll() }
                        }
                        #if RACE
                            shared.beside += 1
                        #endif
                    }
                    return nil
                }, Unmanaged.passUnretained(shared).toOpaque())
        }
        for thread in threads { pthread_join(thread, nil) }
        withExtendedLifetime(shared) { print("done") }
    }
}
