# The service that the integration tests measure: HTTP/1.1 in the Perl that every Debian image has.
#
# /fast answers at once, /slow after a fixed time (without using a CPU), /healthz says whether it is ready, /metrics
# counts the first two. The file `behaviour` decides how it behaves, so that commits differ by it:
#   normal          /slow takes 20 ms
#   slow_ms=N       /slow takes N ms
#   never_ready     /healthz says 503 for ever
#   exit_at_start   it ends with code 3 before it listens
#   odd_labels      /metrics has a counter whose labels hold what odd services put there
#   crash_after=N   it ends with code 7 at its Nth counted request
#   eat_after=N     it takes memory without end at its Nth counted request
#   forget_after=N  it counts from 0 again after its Nth counted request, as if it had been started anew
#   mute_after=N    /metrics says 503 from its Nth counted request on, with mute_scrapes=M only M times
#   double_count    http_requests_total grows by 2 a request
#   series=N        N more series, odd_series, and one that is NaN, odd_nan
#   ignore_term     SIGTERM does not end it
#   only_first      all of this only where /seen is empty: in the first stack that mounts the folder
# `server.pl probe` is its health check.
use strict;
use warnings;
use IO::Select;
use IO::Socket::INET;
use POSIX ();

my $PORT = 8080;
my @BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5);
# Time::HiRes is not in Debian's minimal Perl.
my $CLOCK_GETTIME = (POSIX::uname())[4] eq 'x86_64' ? 228 : 113;
my $CLOCK_MONOTONIC = 1;

probe() if @ARGV && $ARGV[0] eq 'probe';
my %behaviour = behaviour();
my (%histograms, %answers, %unread, @waiting, $long);
my ($counted, $muted, $started) = (0, 0, time);
$| = 1;
print "fixture: behaves as: ", join(' ', map { "$_=$behaviour{$_}" } sort keys %behaviour), "\n";
if ($behaviour{exit_at_start}) {
    print "fixture: no licence found, good bye\n";
    exit 3;
}
$SIG{TERM} = $SIG{INT} = $behaviour{ignore_term} ? 'IGNORE' : sub { exit 0 };
$SIG{PIPE} = 'IGNORE';
serve();

sub behaviour {
    open my $file, '<', '/app/behaviour' or die "fixture: no behaviour: $!\n";
    my %found;
    while (my $line = <$file>) {
        next unless $line =~ /^(\w+)(?:=(\d+))?/;
        $found{$1} = $2 // 1;
    }
    if ($found{only_first}) {
        return (normal => 1) if -e '/seen/marker';
        open my $marker, '>', '/seen/marker' or die "fixture: nothing is mounted: $!\n";
    }
    return %found;
}

sub probe {
    my $socket = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$PORT", Timeout => 2) or exit 1;
    print $socket "GET /healthz HTTP/1.1\r\nHost: probe\r\n\r\n";
    my $line = <$socket> // '';
    exit($line =~ / 200 / ? 0 : 1);
}

sub now {
    my $time = "\0" x 16;
    syscall($CLOCK_GETTIME, $CLOCK_MONOTONIC, $time);
    my ($seconds, $nanoseconds) = unpack 'qq', $time;
    return $seconds + $nanoseconds / 1e9;
}

# One process and no threads: an answer that is not due yet waits in a list, so that nobody waits behind it.
sub serve {
    my $listener = IO::Socket::INET->new(LocalPort => $PORT, Listen => 128, ReuseAddr => 1)
        or die "fixture: failed to listen: $!\n";
    my $select = IO::Select->new($listener);
    while (1) {
        my $wait = @waiting ? $waiting[0]{due} - now() : 60;
        for my $socket ($select->can_read($wait > 0 ? $wait : 0)) {
            if ($socket == $listener) {
                my $client = $listener->accept or next;
                $select->add($client);
                $unread{$client} = '';
            } else {
                receive($select, $socket);
            }
        }
        answer_counted(shift @waiting) while @waiting && $waiting[0]{due} <= now();
    }
}

sub receive {
    my ($select, $client) = @_;
    if (!sysread $client, $unread{$client}, 65536, length $unread{$client}) {
        $select->remove($client);
        delete $unread{$client};
        close $client;
        return;
    }
    while ($unread{$client} =~ s{\A[A-Z]+ ([^ ?]+)[^\r]*\r\n.*?(?<=\r\n)\r\n}{}s) {
        route($client, $1);
    }
}

sub route {
    my ($client, $path) = @_;
    if ($path eq '/metrics') {
        my $is_muted = reached('mute_after') && (!$behaviour{mute_scrapes} || $muted++ < $behaviour{mute_scrapes});
        answer($client, $is_muted ? 503 : 200, $is_muted ? "hush\n" : metrics());
    } elsif ($path eq '/healthz') {
        print "fixture: still loading the catalogue\n" if $behaviour{never_ready};
        answer($client, $behaviour{never_ready} ? 503 : 200, "health\n");
    } elsif ($path eq '/fast' || $path eq '/slow') {
        my $delay = $path eq '/slow' ? ($behaviour{slow_ms} // 20) / 1000 : 0;
        my $began = now();
        push @waiting, {client => $client, path => $path, began => $began, due => $began + $delay};
        @waiting = sort { $a->{due} <=> $b->{due} } @waiting;
    } else {
        answer($client, 404, "no such page\n");
    }
}

sub reached {
    my ($name) = @_;
    return $behaviour{$name} && $counted >= $behaviour{$name};
}

sub answer_counted {
    my ($request) = @_;
    $counted++;
    if (reached('crash_after')) {
        print "fixture: out of cheese\n";
        exit 7;
    }
    while (reached('eat_after')) {
        push @waiting, 'x' x 1_000_000;
    }
    if (reached('forget_after')) {
        delete $behaviour{forget_after};
        (%histograms, %answers) = ();
        $started += 60;
    }
    my $took = now() - $request->{began};
    my $histogram = $histograms{$request->{path}} //= {sum => 0, count => 0, buckets => [(0) x @BOUNDS]};
    $histogram->{sum} += $took;
    $histogram->{count}++;
    for my $index (0 .. $#BOUNDS) {
        $histogram->{buckets}[$index]++ if $took <= $BOUNDS[$index];
    }
    $answers{$request->{path}} += $behaviour{double_count} ? 2 : 1;
    answer($request->{client}, 200, "here you are\n");
}

sub answer {
    my ($client, $code, $body) = @_;
    my $length = length $body;
    syswrite $client, "HTTP/1.1 $code Answer\r\nContent-Type: text/plain\r\nContent-Length: $length\r\n\r\n$body";
}

sub metrics {
    my $text = "# TYPE http_request_duration_seconds histogram\n";
    my $name = 'http_request_duration_seconds';
    for my $path (sort keys %histograms) {
        my $histogram = $histograms{$path};
        for my $index (0 .. $#BOUNDS) {
            $text .= "${name}_bucket{endpoint=\"$path\",le=\"$BOUNDS[$index]\"} $histogram->{buckets}[$index]\n";
        }
        $text .= "${name}_bucket{endpoint=\"$path\",le=\"+Inf\"} $histogram->{count}\n";
        $text .= "${name}_sum{endpoint=\"$path\"} $histogram->{sum}\n";
        $text .= "${name}_count{endpoint=\"$path\"} $histogram->{count}\n";
    }
    $text .= "# TYPE http_requests_total counter\n";
    $text .= "http_requests_total{endpoint=\"$_\",code=\"200\"} $answers{$_}\n" for sort keys %answers;
    $text .= odd_labels() if $behaviour{odd_labels};
    $text .= "# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds $started\n";
    if ($behaviour{series}) {
        $text .= "odd_nan NaN\n" . join '', map { "odd_series{n=\"$_\"} $_\n" } 1 .. $behaviour{series};
    }
    my ($user, $system) = times;
    open my $memory, '<', '/proc/self/statm' or die "fixture: no statm: $!\n";
    my $pages = (split ' ', <$memory>)[1];
    $text .= "# TYPE process_cpu_seconds_total counter\nprocess_cpu_seconds_total " . ($user + $system) . "\n";
    $text .= "# TYPE process_resident_memory_bytes gauge\nprocess_resident_memory_bytes " . $pages * 4096 . "\n";
    return $text;
}

# 100 KiB that do not compress.
sub long_label {
    my $seed = 1;
    return join '', map { $seed = ($seed * 1103515245 + 12345) % 2147483648; chr(97 + ($seed >> 16) % 26) } 1 .. 102400;
}

# Each label as the exposition format wants it.
sub odd_labels {
    $long //= long_label();
    my %odd = (
        long => "/$long/end",
        quotes => 'say \"hi\" or C:\\\\dir',
        lines => 'one\ntwo',
        markup => '<script>alert(1)</script> [a](http://b) **c** `d` | &amp; @somebody #1',
        escapes => "\e[2J\e[31mred\e]0;title\a",
        direction => "evil\xe2\x80\xaetxt.exe\xe2\x80\x8b",
        unicode => "\xef\xbf\xbd\xf0\x9f\x98\x80e\xcc\x81",
        nul => "a\0b",
    );
    my $all = $answers{'/fast'} // 0;
    return join '', "# TYPE odd_requests_total counter\n",
        map { "odd_requests_total{kind=\"$_\",name=\"$odd{$_}\"} $all\n" } sort keys %odd;
}
