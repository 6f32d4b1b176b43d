// serialport-gsm on the port named on the command line: what its own example does at the start.
const modem = require('serialport-gsm').Modem()

const shown = (name, next) => (result, error) => {
  console.log(name, error ? `failed: ${error}` : JSON.stringify(result))
  if (next) next()
}

modem.on('open', () => {
  modem.initializeModem(shown('init', () => {
    modem.setModemMode(shown('mode', () => {
      modem.getNetworkSignal(shown('signal'))
      modem.getModemSerial(shown('serial'))
      modem.checkSimMemory(shown('memory', () => setTimeout(() => process.exit(0), 100)))
    }), false, 10000, 'PDU')
  }))
})
modem.open(process.argv[2], {
  baudRate: 115200, dataBits: 8, stopBits: 1, parity: 'none',
  rtscts: false, xon: false, xoff: false,
  incomingCallIndication: true, incomingSMSIndication: true,
  customInitCommand: '', cnmiCommand: 'AT+CNMI=2,1,0,2,1',
})
